import Foundation
import TestSupport
import Testing

/// A whole error answer: Date, and a problem body (RFC 9457) that says the same status; without it to HEAD.
func expectProblem(_ response: RawResponse, _ status: Int, toHEAD: Bool = false) throws {
  #expect(response.status == status)
  #expect(response.has("Date"))
  #expect(response["Content-Type"] == "application/problem+json")
  #expect(response["Cache-Control"] == "no-store")
  #expect(response.has("Content-Length"))
  guard !toHEAD else { return }
  let problem = try #require(try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any])
  #expect(problem["status"] as? Int == status)
  #expect(problem["title"] as? String == response.reason)
  #expect((problem["detail"] as? String)?.isEmpty == false)
}
