import FuzzSupport
import HTTP

/// The lines of Accept and of Accept-Encoding, one a line of the input; and the same lines as If-None-Match and If-Match, and as a traceparent.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(start: UnsafePointer<UInt8>?, count: Int) -> Int32 {
  unsafe judge(start, count) { input, chance in
    let lines = input.split(separator: 0x0A, omittingEmptySubsequences: false)
    switch chance.upTo(3) {
    case 0: holdTheTags(lines)
    case 1: for line in lines { holdTheTrace(line) }
    case 2: holdTheProblem(lines, String(decoding: input, as: UTF8.self))
    default: break
    }
    if chance.upTo(1) == 0 {
      holdTheCoding(lines, &chance)
    } else {
      holdTheChoice(lines, among: chance.upTo(1) == 0 ? page : metrics, &chance)
    }
  }
}

private let page = [MediaType("application", "json"), MediaType("text", "html"), MediaType("text", "plain")]
private let metrics = [
  MediaType("text", "plain", parameters: [("version", "0.0.4")]),
  MediaType("application", "openmetrics-text", parameters: [("version", "1.0.0")]),
]

/// A choice is one of the offers, and does not depend on what has no meaning: case, order, lines, repetition.
private func holdTheChoice(_ lines: [ArraySlice<UInt8>], among offers: [MediaType], _ chance: inout Chance) {
  let choice = ContentNegotiation.choose(accept: lines, among: offers)
  hold(choice == nil || offers.indices.contains(choice ?? -1), "a choice is one of the offers")
  let isQuoted = lines.contains { $0.contains(UInt8(ascii: "\"")) }
  let (change, same) = saidOtherwise(lines, isQuoted: isQuoted, &chance)
  hold(ContentNegotiation.choose(accept: same, among: offers) == choice, "\(change) changes nothing")
  guard let choice else { return }
  let fewer = Array(offers[choice...])
  hold(ContentNegotiation.choose(accept: lines, among: fewer) == 0, "the best of all is the best of some")
}

/// Whether gzip is preferred does not depend on these either, and only on members that name it or all.
private func holdTheCoding(_ lines: [ArraySlice<UInt8>], _ chance: inout Chance) {
  let prefersGzip = ContentNegotiation.prefersGzip(acceptEncoding: lines)
  let (change, same) = saidOtherwise(lines, isQuoted: false, &chance)
  hold(ContentNegotiation.prefersGzip(acceptEncoding: same) == prefersGzip, "\(change) changes nothing")
  if prefersGzip {
    let isNamed = lines.contains { line in
      line.contains(UInt8(ascii: "*")) || contains(line.map { $0 | 0x20 }[...], Array("gzip".utf8)[...])
    }
    hold(isNamed, "gzip is named where it is preferred")
    hold(ContentNegotiation.prefersGzip(acceptEncoding: lines + [Array("gzip".utf8)[...]]), "more of it is no less")
  }
}

/// The same list in other words.
private func saidOtherwise(
  _ lines: [ArraySlice<UInt8>], isQuoted: Bool, _ chance: inout Chance
) -> (change: StaticString, same: [ArraySlice<UInt8>]) {
  switch chance.upTo(isQuoted ? 3 : 5) {
  case 0: ("case", lines.map { line in line.map { isLowercase($0) ? $0 & 0xDF : $0 }[...] })
  case 1: ("order", lines.reversed())
  case 2: ("repetition", lines + lines)
  case 3: ("white space around a list", [[]] + lines.map { [0x20, 0x09] + $0 + [0x09, 0x20] })
  case 4: ("one line for all", [Array(lines.joined(separator: [UInt8(ascii: ",")]))[...]])
  default: ("a line for each", lines.flatMap { $0.split(separator: UInt8(ascii: ",")) })
  }
}

private func isLowercase(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte }

/// What matches strongly matches weakly; a list matches when one of its lines does.
private func holdTheTags(_ lines: [ArraySlice<UInt8>]) {
  for own in ["\"a\"", "W/\"a\"", "\"\""] {
    let own = [UInt8](own.utf8)
    let weak = ETag.matches(lines, etag: own, weak: true)
    let strong = ETag.matches(lines, etag: own, weak: false)
    hold(weak || !strong, "a strong match is a weak one")
    hold(weak == lines.contains { ETag.matches([$0], etag: own, weak: true) }, "one line that matches is enough")
    hold(ETag.matches(lines + [own[...]], etag: own, weak: true), "a tag matches itself")
    if weak, !lines.contains(where: { $0.elementsEqual("*".utf8) }) {
      let beginning = own.drop { $0 != UInt8(ascii: "\"") }.dropLast()
      hold(
        lines.contains { contains($0, beginning) }, "a line that matches has the tag in it, or that of its gzip form")
    }
  }
}

private func contains(_ line: ArraySlice<UInt8>, _ part: ArraySlice<UInt8>) -> Bool {
  line.indices.contains { line[$0...].starts(with: part) }
}

private func holdTheTrace(_ value: ArraySlice<UInt8>) {
  guard let trace = Traceparent.traceID(in: value) else { return }
  hold(trace.count == 32 && trace.startIndex == value.startIndex + 3, "a trace id stands at its place")
  hold(trace.allSatisfy { "0123456789abcdef".utf8.contains($0) }, "a trace id is lowercase hexadecimal")
}

private func holdTheProblem(_ lines: [ArraySlice<UInt8>], _ detail: String) {
  let problem = Problem.response(.notFound, detail: detail, accept: lines)
  hold(problem.body.last == 0x0A, "a problem ends with a line feed")
  hold(problem.body.dropLast().allSatisfy { $0 >= 0x20 }, "a problem is one line, whatever it tells")
}
