import FoundationEssentials
import Glibc
import Testing

@testable import Vitrine

/// What a line looks like, and what becomes of lines when nobody reads them.
@Suite struct LogTests {
  /// 2026-11-21T12:00:00.123Z.
  static let milliseconds: Int64 = 1_795_262_400_123

  private func line(
    _ format: LogFormat, _ message: String, _ fields: KeyValuePairs<String, LogValue> = [:], level: LogLevel = .info
  ) -> String {
    var bytes: [UInt8] = []
    LogLine.append(
      milliseconds: Self.milliseconds, level: level, message: message, fields: fields, format: format, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func jsonHasTimeLevelMessageAndThenTheFieldsInOrder() {
    let found = line(
      .json, "listening",
      [
        "port": .int(8080), "address": .string("[::]:8080"), "ready": .bool(true), "load": .double(0.5),
        "n": .uint(.max),
      ])
    #expect(
      found == #"{"time":"2026-11-21T12:00:00.123Z","level":"info","message":"listening","port":8080,"#
        + #""address":"[::]:8080","ready":true,"load":0.5,"n":18446744073709551615}"# + "\n")
  }

  @Test func textPutsMessagesBelowEachOther() {
    #expect(line(.text, "up", ["port": .int(1)]) == "2026-11-21T12:00:00.123Z info  up port=1\n")
    #expect(line(.text, "up", level: .debug) == "2026-11-21T12:00:00.123Z debug up\n")
    #expect(line(.text, "up", level: .warning) == "2026-11-21T12:00:00.123Z warning up\n")
  }

  @Test func textQuotesAValueThatIsNotOneWord() {
    let found = line(.text, "m", ["a": .string("x y"), "b": .string(""), "c": .string("k=v"), "d": .string("é")])
    #expect(found.hasSuffix(#" m a="x y" b="" c="k=v" d=é"# + "\n"))
  }

  @Test(arguments: [LogFormat.json, .text], ["a\nb", "a\r\nb", "\u{1B}[2J", "\u{9B}2J", "\0", "\"\\"])
  func noTextEndsTheLineOrSteersATerminal(format: LogFormat, text: String) throws {
    let found = line(format, text, ["value": .string(text)])
    #expect(found.count { $0.isNewline } == 1 && found.hasSuffix("\n"))
    #expect(found.dropLast().unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
    if format == .json {
      let fields = try JSONDecoder().decode([String: String].self, from: Data(found.utf8))
      #expect(fields["message"] == text && fields["value"] == text)
    }
  }

  @Test func infinityIsAString() {
    #expect(line(.json, "m", ["x": .double(.infinity)]).hasSuffix(#","x":"inf"}"# + "\n"))
  }

  @Test func autoIsTextOnATerminalAndJSONElsewhere() {
    #expect(LogFormat.auto.resolved(onTerminal: true) == .text)
    #expect(LogFormat.auto.resolved(onTerminal: false) == .json)
    #expect(LogFormat.json.resolved(onTerminal: true) == .json)
  }

  @Test func quieterLinesAreNotWritten() {
    let pipe = Pipe()
    let writer = LogWriter(descriptor: pipe.writeEnd, waitingBytesMax: 4096, format: .auto)
    let log = Log(level: .warning, writer: writer, milliseconds: { Self.milliseconds })
    log.debug("no")
    log.info("no")
    log.warning("yes", ["n": .int(1)])
    log.error("yes")
    #expect(writer.flush(timeout: .seconds(60)))
    #expect(
      pipe.readAvailable() == #"{"time":"2026-11-21T12:00:00.123Z","level":"warning","message":"yes","n":1}"# + "\n"
        + #"{"time":"2026-11-21T12:00:00.123Z","level":"error","message":"yes"}"# + "\n")
    #expect(writer.written == 2 && writer.dropped == 0)
    #expect(!log.isEnabled(.info) && log.isEnabled(.error))
  }

  @Test func linesOfManyThreadsArriveWholeAndInEachThreadsOrder() async {
    let pipe = Pipe()
    let writer = LogWriter(descriptor: pipe.writeEnd, waitingBytesMax: 1 << 20, format: .json)
    await withTaskGroup { group in
      for name in ["a", "b", "c", "d"] {
        group.addTask {
          for number in 0..<500 { writer.write(Array("\(name) \(number)\n".utf8), count: 1) }
        }
      }
    }
    #expect(writer.flush(timeout: .seconds(60)))
    let lines = pipe.readAvailable().split(separator: "\n")
    #expect(lines.count == 2000 && writer.written == 2000)
    for name in ["a", "b", "c", "d"] {
      #expect(lines.filter { $0.hasPrefix(name) } == (0..<500).map { "\(name) \($0)" })
    }
  }

  @Test func aPipeThatNobodyReadsCostsLinesAndNeverBlocks() {
    let pipe = Pipe()
    let writer = LogWriter(descriptor: pipe.writeEnd, waitingBytesMax: 8192, format: .json)
    let line = Array((String(repeating: "x", count: 999) + "\n").utf8)
    pipe.fill()
    // 8 lines may wait; were write(2) on this thread, the first would never return.
    for _ in 0..<1000 { writer.write(line, count: 1) }
    #expect(!writer.flush(timeout: .milliseconds(1)))
    #expect(writer.dropped == 992 && writer.written == 0)

    // Recovery: what was taken comes out whole, then one line tells of the rest.
    let reader = PipeReader(pipe)
    #expect(writer.flush(timeout: .seconds(60)))
    #expect(writer.dropped == 992 && writer.written == 8)
    writer.write(Array("again\n".utf8), count: 1)
    #expect(writer.flush(timeout: .seconds(60)))
    let lines = reader.finish().split(separator: "\n").map(String.init)
    #expect(lines.count { $0.utf8.allSatisfy { $0 == UInt8(ascii: "x") } && $0.utf8.count == 999 } == 8)
    let told = lines.filter { $0.hasSuffix(#""level":"warning","message":"log lines dropped","count":992}"#) }
    #expect(told.count == 1 && lines.last == "again" && lines.count == 11)
  }

  @Test func aClosedPipeCostsLinesAndNothingElse() {
    let pipe = Pipe()
    let writer = LogWriter(descriptor: pipe.writeEnd, waitingBytesMax: 8192, format: .json)
    pipe.closeReadEnd()
    for _ in 0..<3 {
      writer.write(Array("a\nb\n".utf8), count: 2)
      #expect(writer.flush(timeout: .seconds(60)))
    }
    #expect(writer.dropped == 6 && writer.written == 0)
  }

  @Test func aLineLargerThanTheLimitIsDropped() {
    let pipe = Pipe()
    let writer = LogWriter(descriptor: pipe.writeEnd, waitingBytesMax: 10, format: .json)
    writer.write(Array(repeating: UInt8(ascii: "x"), count: 11), count: 1)
    #expect(writer.dropped == 1)
  }

  @Test func theDescriptorsFlagsStayAsTheyWere() {
    let pipe = Pipe()
    let before = fcntl(pipe.writeEnd, F_GETFL)
    let writer = LogWriter(descriptor: pipe.writeEnd, waitingBytesMax: 4096, format: .json)
    writer.write(Array("x\n".utf8), count: 1)
    #expect(writer.flush(timeout: .seconds(60)))
    #expect(fcntl(pipe.writeEnd, F_GETFL) == before)
  }
}
