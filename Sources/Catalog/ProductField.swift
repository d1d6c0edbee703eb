/// The fields of a product in JSON, in the order in which they are written, with the one rule for each.
///
/// Text is counted in Unicode scalars, as JSON Schema does: what `/openapi.json` says is exactly what holds.
package enum ProductField: String, CaseIterable, Sendable {
  case id, name, description, price, currency, tags, stock, createdAt, updatedAt, revision

  package static let idCharactersMax = 64
  package static let nameCharactersMax = 200
  package static let descriptionCharactersMax = 4_000
  package static let tagsMax = 20
  package static let tagCharactersMax = 50
  /// 2^53 - 1, the largest integer that every JSON reader keeps exact: RFC 8259 §6.
  package static let integerMax = 9_007_199_254_740_991

  /// What a value must be, for the error line that names the field.
  package var rule: String {
    switch self {
    case .id: "must be 1 to \(Self.idCharactersMax) of A-Z a-z 0-9 . _ -, the first a letter or a digit"
    case .name: "must be a string of 1 to \(Self.nameCharactersMax) characters, none of them a control character"
    case .description: "must be a string of at most \(Self.descriptionCharactersMax) characters, none of them U+0000"
    case .price: "must be an integer of minor units, 0 or more"
    case .currency: "must be a currency's code of ISO 4217"
    case .tags: "must be an array of at most \(Self.tagsMax) strings"
    case .stock: "must be an integer, 0 or more"
    case .createdAt, .updatedAt: "must be a time like 2026-11-21T12:00:00.123Z"
    case .revision: "must be an integer, 1 or more"
    }
  }

  /// What each tag must be.
  package static let tagRule =
    "must be a string of 1 to \(tagCharactersMax) characters, none of them a control character"

  /// Whether a string may stand in this field (in `tags`: as one of them). False for the fields that hold something
  /// else.
  package func allows(_ text: String) -> Bool {
    switch self {
    case .id: Self.isID(text)
    case .name: Self.isLine(text, charactersMax: Self.nameCharactersMax)
    case .description:
      Self.counts(text, upTo: Self.descriptionCharactersMax) && !text.utf8.contains(0)
    // By its bytes too: to `==` a Kelvin sign is a K.
    case .currency: text.utf8.count == 3 && Currency.codes.contains(text)
    case .tags: Self.isLine(text, charactersMax: Self.tagCharactersMax)
    case .price, .stock, .createdAt, .updatedAt, .revision: false
    }
  }

  private static func isID(_ text: String) -> Bool {
    guard (1...idCharactersMax).contains(text.utf8.count), let first = text.utf8.first else { return false }
    return isAlphanumeric(first)
      && text.utf8.allSatisfy {
        isAlphanumeric($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_")
          || $0 == UInt8(ascii: "-")
      }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }

  private static func isLine(_ text: String, charactersMax: Int) -> Bool {
    !text.isEmpty && counts(text, upTo: charactersMax)
      && text.unicodeScalars.allSatisfy { !($0.value < 0x20 || (0x7F...0x9F).contains($0.value)) }
  }

  private static func counts(_ text: String, upTo max: Int) -> Bool {
    // Bytes are known at once, and no text has more scalars than bytes.
    text.utf8.count <= max || text.unicodeScalars.count <= max
  }
}
