internal import HTTP

/// What serving one request after the other needs beside the connection; one a loop, since a loop serves one at a time.
///
/// It is moved out of the loop while input is taken, and back: as a local it is free of the checks that Swift makes on
/// each access to a class's fields, which were an eighth of a pipelined request's instructions.
struct Workspace {
  /// Answers that are not sent yet.
  var output: [UInt8] = []
  /// The id of the request being answered.
  private(set) var requestID: [UInt8] = []
  private var requestIDs: RequestIDs
  /// Access lines that are not handed over yet.
  var log: [UInt8] = []
  var logCount = 0

  /// Without ids of its own it only holds the place of the loop's.
  init(requestIDs: RequestIDs = RequestIDs(seed: 0)) {
    self.requestIDs = requestIDs
  }

  /// Takes in the client's `X-Request-Id` where it is valid, else makes one.
  mutating func chooseRequestID(for request: Request?) {
    if let given = request?.value(of: .requestID), RequestIDs.isValid(given) {
      requestID = Array(given)
    } else {
      requestIDs.writeNext(to: &requestID)
    }
  }
}
