/// A form in which a resource can be had: `text/plain;version=0.0.4` (RFC 9110 §8.3.1).
package struct MediaType: Sendable {
  // In lower case, since types and parameter names are case-insensitive and the values offered here are too.
  let type, subtype: [UInt8]
  let parameters: [(name: [UInt8], value: [UInt8])]

  package init(_ type: String, _ subtype: String, parameters: [(name: String, value: String)] = []) {
    self.type = type.lowercased().utf8.map(\.self)
    self.subtype = subtype.lowercased().utf8.map(\.self)
    self.parameters = parameters.map { ([UInt8]($0.name.lowercased().utf8), [UInt8]($0.value.lowercased().utf8)) }
  }
}
