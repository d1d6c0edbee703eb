import Testing

@testable import Endurance

/// When memory counts as grown.
@Suite struct CourseTests {
  private static let mebibyte = 1 << 20

  /// A course of four quarters of ten seconds each, all at one level in mebibytes.
  private func course(_ quarters: [Double]) -> Course {
    var course = Course()
    for level in quarters {
      for _ in 0..<10 { course.append(residentBytes: Int(level * Double(Self.mebibyte)), descriptors: 9) }
    }
    return course
  }

  @Test func whatWarmsUpInTheFirstQuarterIsNoGrowth() {
    #expect(course([10, 100, 100, 100]).isSteady)
  }

  @Test func lessMemoryThanBeforeIsNoGrowth() {
    #expect(course([10, 100, 100, 50]).isSteady)
  }

  @Test func oneMebibyteIsAllowedWhateverTheShare() {
    #expect(course([10, 10, 10.5, 11]).isSteady)
    #expect(!course([10, 10, 10.5, 11.01]).isSteady)
  }

  @Test func twoPercentAreAllowedWhereThatIsMore() {
    #expect(course([100, 100, 100, 102]).isSteady)
    #expect(!course([100, 100, 100, 102.01]).isSteady)
  }

  @Test func oneSecondOfManyIsNoGrowth() {
    var course = course([10, 10, 10, 10])
    course.append(residentBytes: 50 * Self.mebibyte, descriptors: 9)
    #expect(course.isSteady)
  }

  @Test func theReportTellsMediansInHundredths() {
    #expect(
      course([1, 10.25, 10.5, 11.99]).text
        == "resident memory  10.25 MiB in the second quarter, 11.99 MiB in the last")
  }
}
