import FoundationEssentials
import Testing

@testable import Catalog

/// The grammar of JSON, and what is refused beyond it.
@Suite struct JSONReaderTests {
  private func value(_ text: String) throws(JSONSyntaxError) -> JSON { try JSONReader.value(of: Array(text.utf8)) }

  @Test func readsEveryKindOfValue() throws {
    let text = #" {"a" : [ 1 , -0.5e+10, 0, true, false, null, "\"\\\/\b\f\n\r\té\u00e9\ud83e\udD8B", {}, [] ] } "#
    let elements: [JSON] = [
      .number("1"), .number("-0.5e+10"), .number("0"), .bool(true), .bool(false), .null,
      .string("\"\\/\u{8}\u{C}\n\r\téé🦋"), .object([]), .array([]),
    ]
    #expect(try value(text) == .object([JSON.Member(name: "a", value: .array(elements))]))
  }

  @Test(arguments: [
    ("", "line 1, column 1: expected a value"),
    ("{", "line 1, column 2: expected a field's name in double quotes"),
    ("[1,]", "line 1, column 4: expected a value"),
    ("nonsense", "line 1, column 1: expected a value"), ("nul", "line 1, column 1: expected a value"),
    ("[\n 1\n 2]", "line 3, column 2: expected \",\" or \"]\" after a value"),
    ("{\"items\": [\n{\"id\": }]}", "line 2, column 8: expected a value"),
    ("{\"items\" []}", "line 1, column 10: expected \":\" after a field's name"),
    (#"{"items":[]} x"#, "line 1, column 14: expected the end"),
    (#"[{"a":1,"b":1,"a":2}]"#, "line 1, column 15: expected a name that this object does not have yet"),
    (#"[{"a":1,"\u0061":2}]"#, "line 1, column 9: expected a name that this object does not have yet"),
    (#"["a\q"]"#, "line 1, column 5: expected an escape"),
    (#"["a\u12g4"]"#, "line 1, column 8: expected four hexadecimal digits after \\u"),
    (#"["\ud800"]"#, "line 1, column 9: expected both halves of a surrogate pair"),
    (#"["\udc00"]"#, "line 1, column 9: expected both halves of a surrogate pair"),
    (#"["\ud800\u0041"]"#, "line 1, column 15: expected the second half of a surrogate pair"),
    ("[\"a", "line 1, column 4: expected the end of a string"),
    ("[\"a\u{1}\"]", "line 1, column 4: expected no bare control character in a string"),
    ("[-]", "line 1, column 3: expected a digit"), ("[1.]", "line 1, column 4: expected a digit"),
    ("[1e]", "line 1, column 4: expected a digit"),
    ("[01]", "line 1, column 3: expected \",\" or \"]\" after a value"),
    (String(repeating: "[", count: 600), "line 1, column 33: expected at most 32 levels"),
    (String(repeating: "{\"a\":", count: 600), "line 1, column 161: expected at most 32 levels"),
    ("\u{FEFF}[]", "line 1, column 1: expected a value"),
  ])
  func tellsWhereATextStopsBeingJSON(text: String, place: String) {
    #expect(throws: JSONSyntaxError(place: place)) { try value(text) }
  }

  @Test(arguments: [
    [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xC3, 0x22],
  ])
  func refusesWhatIsNotUTF8(bytes: [UInt8]) {
    #expect(throws: JSONSyntaxError(place: "line 1, column 2: expected UTF-8 in a string")) {
      try JSONReader.value(of: bytes)
    }
  }

  /// Every prefix of JSON is none, and reading it ends.
  @Test func aTextThatIsCutIsRefused() {
    let text = Array(#"{"a":["x\u00e9",-1.5e3,true,null,{"b":"c"}]}"#.utf8)
    for end in 0..<text.count {
      #expect(throws: JSONSyntaxError.self) { try JSONReader.value(of: Array(text[..<end])) }
    }
  }

  @Test(
    arguments: [
      ("0", 0), ("-0", 0), ("12", 12), ("12.0", 12), ("12.50", nil), ("1e2", 100), ("1.5e1", 15), ("1.5e0", nil),
      ("100e-2", 1), ("10e-2", nil), ("-3", -3), ("9223372036854775807", .max), ("9223372036854775808", nil),
      ("1e40", nil), ("1e999999999999999999999", nil), ("0e999999999", 0), ("1e-999999999", nil), ("0.0", 0),
      ("-1.0E+1", -10), ("1e-9223372036854775808", nil),
    ] as [(String, Int?)])
  func anIntegerIsExact(text: String, integer: Int?) throws {
    #expect(try value(text).integer == integer)
  }
}
