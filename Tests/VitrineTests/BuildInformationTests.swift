import Testing

@testable import Vitrine

@Suite struct BuildInformationTests {
  private let build = BuildInformation.current

  @Test func theVersionIsThreeNumbersOrUnknown() {
    #expect(build.version.wholeMatch(of: /\d+\.\d+\.\d+|unknown/) != nil, "\(build.version)")
  }

  @Test func nothingIsEmpty() {
    for text in [build.version, build.revision, build.revisionDate, build.swiftVersion] { #expect(!text.isEmpty) }
  }

  @Test func theRevisionIsOneWord() {
    #expect(!build.revision.contains { $0.isWhitespace }, "\(build.revision)")
  }

  @Test func theDateOfTheRevisionIsAnInstantWithItsOffset() {
    let instant = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)|unknown/
    #expect(build.revisionDate.wholeMatch(of: instant) != nil, "\(build.revisionDate)")
  }

  @Test func theCompilersVersionIsNumbersWithDots() {
    #expect(build.swiftVersion.wholeMatch(of: /\d+(\.\d+)+(-dev)?|unknown/) != nil, "\(build.swiftVersion)")
  }
}
