import Networking
import Testing

@Suite struct IPAddressTests {
  @Test func x() { #expect(IPAddress("::1") != nil) }
}
