/// Everything for which a request is refused while it is read. Thrown, it ends the connection: nobody knows where the
/// next request begins. In `Request.refusal` it does not.
package enum RequestError: Error, Sendable, Equatable, CaseIterable {
  // The request line, RFC 9112 §3
  case tooManyEmptyLines, tlsHandshake, malformedMethod, malformedRequestLine, malformedVersion, unsupportedVersion
  case requestLineTooLong
  // Field lines, RFC 9112 §5
  case bareCarriageReturn, bareLineFeed, foldedLine, spaceAfterFieldName, missingColon, invalidFieldName
  case invalidFieldValue, headTooLarge, tooManyFields
  // The target, RFC 9112 §3.2 and RFC 3986
  case invalidTarget, asteriskWithoutOptions, parentSegment, escapedControl
  // What the fields mean together
  case missingHost, duplicateHost, invalidHost
  case lengthAndEncoding, duplicateContentLength, invalidContentLength, contentTooLarge
  case encodingOnHTTP10, malformedTransferEncoding, unsupportedTransferEncoding, expectationFailed
  // Chunks, RFC 9112 §7.1
  case invalidChunkSize, invalidChunkExtension, chunkExtensionsTooLarge, malformedChunkEnd, forbiddenTrailer
  case trailersTooLarge
  // RFC 9110 §15.5.9: known by the clock, not by the bytes
  case timeout

  /// The answer's status. Nothing else maps an error to one.
  package var status: Status {
    switch self {
    case .contentTooLarge: .contentTooLarge
    case .timeout: .requestTimeout
    case .requestLineTooLong: .uriTooLong
    case .expectationFailed: .expectationFailed
    case .headTooLarge, .tooManyFields, .trailersTooLarge: .requestHeaderFieldsTooLarge
    case .unsupportedTransferEncoding: .notImplemented
    case .unsupportedVersion: .httpVersionNotSupported
    case .tooManyEmptyLines, .tlsHandshake, .malformedMethod, .malformedRequestLine, .malformedVersion,
      .bareCarriageReturn, .bareLineFeed, .foldedLine, .spaceAfterFieldName, .missingColon, .invalidFieldName,
      .invalidFieldValue, .invalidTarget, .asteriskWithoutOptions, .parentSegment, .escapedControl, .missingHost,
      .duplicateHost, .invalidHost, .lengthAndEncoding, .duplicateContentLength, .invalidContentLength,
      .encodingOnHTTP10, .malformedTransferEncoding, .invalidChunkSize, .invalidChunkExtension,
      .chunkExtensionsTooLarge, .malformedChunkEnd, .forbiddenTrailer:
      .badRequest
    }
  }

  /// One sentence for the client: what was refused, and where it stood. Never quotes the request.
  package var detail: String {
    switch self {
    case .tooManyEmptyLines: "More than two empty lines precede the request line."
    case .tlsHandshake: "The request begins like a TLS handshake, and this port speaks plain HTTP."
    case .malformedMethod: "The method is not a token of 1 to 32 characters."
    case .malformedRequestLine: "The request line is not a method, a target and a version with single spaces between."
    case .malformedVersion: "The version in the request line is not of the form HTTP/1.1."
    case .unsupportedVersion: "The version in the request line is not HTTP/1.0 or HTTP/1.1."
    case .requestLineTooLong: "The request line is too long."
    case .bareCarriageReturn: "A carriage return is not followed by a line feed."
    case .bareLineFeed: "A line feed is not preceded by a carriage return."
    case .foldedLine: "A header line begins with white space."
    case .spaceAfterFieldName: "White space stands between a field name and its colon."
    case .missingColon: "A header line has no colon."
    case .invalidFieldName: "A field name is empty or has a character that is not allowed there."
    case .invalidFieldValue: "A field value has a control character."
    case .headTooLarge: "The header section is too large."
    case .tooManyFields: "The header section has too many fields."
    case .invalidTarget: "The request target is not a valid URI path, URI or authority."
    case .asteriskWithoutOptions: "The request target * is for OPTIONS only."
    case .parentSegment: "The path of the request target has a .. segment."
    case .escapedControl: "The request target has an escaped control character."
    case .missingHost: "The Host field is missing."
    case .duplicateHost: "The Host field is there more than once."
    case .invalidHost: "The Host field is not a host with an optional port."
    case .lengthAndEncoding: "Content-Length and Transfer-Encoding are both there."
    case .duplicateContentLength: "The Content-Length field is there more than once."
    case .invalidContentLength: "The Content-Length field is not a decimal number."
    case .contentTooLarge: "The body is too large."
    case .encodingOnHTTP10: "An HTTP/1.0 request has a Transfer-Encoding field."
    case .malformedTransferEncoding: "The Transfer-Encoding field is not a list of codings that ends in one chunked."
    case .unsupportedTransferEncoding: "The Transfer-Encoding field names a coding other than chunked."
    case .expectationFailed: "The Expect field asks for something other than 100-continue."
    case .invalidChunkSize: "A chunk's size is not a hexadecimal number of at most 16 digits."
    case .invalidChunkExtension: "A chunk's extension is malformed."
    case .chunkExtensionsTooLarge: "The chunk extensions are too large."
    case .malformedChunkEnd: "A chunk's data is not followed by the end of the line."
    case .forbiddenTrailer: "The trailer section has a Content-Length, Transfer-Encoding or Host field."
    case .trailersTooLarge: "The trailer section is too large."
    case .timeout: "The request did not arrive in time."
    }
  }
}
