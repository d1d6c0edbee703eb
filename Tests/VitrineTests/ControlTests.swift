import Glibc
import TestSupport
import Testing

/// An operator's switches on the management port of the real process.
@Suite(.serialized) struct ControlTests {
  private static let management = ["--management-port", "0"]

  @Test func readinessIsSwitchedOffWithAReasonAndLivenessStays() async throws {
    let folder = try TemporaryFolder()
    try await Writers.run(in: folder, Self.management) { service in
      #expect(try await service.get("/control", management: true).text.hasPrefix(#"{"readiness":{"enabled":true}"#))
      let off = try await service.send("POST", "/readyz/disable", #"{"reason":"a \"look\""}"#, management: true)
      #expect(off.status == 200 && off["Cache-Control"] == "no-store")
      let state = try JSONValue(off.text)
      #expect(state["readiness"]?["enabled"] == .bool(false) && state["readiness"]?["reason"] == .string("a \"look\""))
      #expect(state["readiness"]?["secondsLeft"] == .null && state["draining"] == .bool(false))
      for management in [false, true] {
        let ready = try await service.get("/readyz", management: management)
        #expect(
          ready.status == 503 && ready.text.contains(#""detail":"switch off for "#)
            && ready.text.contains(#" s: a \"look\""}"#),
          "\(ready.text)")
        #expect(try await service.get("/healthz", management: management).status == 200)
      }
      #expect(try await service.get("/readyz?verbose").text.contains("[-]switch failed: off for "))
      #expect(try await service.get("/").status == 200)
      #expect(try await service.metric("vitrine_readiness_switched_off") == 1)
      #expect(try await service.metric("vitrine_ready") == 0)
      let line = try await service.logged("readiness switched off")
      #expect(line["level"] == .string("warning") && line["reason"] == .string("a \"look\""))

      let on = try await service.send("POST", "/readyz/enable", management: true)
      #expect(on.status == 200 && on.text.hasPrefix(#"{"readiness":{"enabled":true}"#))
      #expect(try await service.get("/readyz").status == 200)
      #expect(try await service.metric("vitrine_readiness_switched_off") == 0)
      #expect(try await service.logged("readiness switched on")["by"] == .string("an operator"))
    }
  }

  @Test func itComesBackByItself() async throws {
    let folder = try TemporaryFolder()
    try await Writers.run(in: folder, Self.management) { service in
      let off = try await service.send("POST", "/readyz/disable", #"{"seconds": 0.2}"#, management: true)
      #expect(off.status == 200)
      #expect(try await service.logged("readiness switched on")["by"] == .string("its time"))
      #expect(try await service.get("/readyz").status == 200)
    }
  }

  /// Without a body, and without a length: a POST of curl's.
  @Test func theBodyMayBeLeftOut() async throws {
    let folder = try TemporaryFolder()
    try await Writers.run(in: folder, Self.management) { service in
      let off = try await service.client(management: true) {
        try $0.exchange(ServiceProcess.request("/readyz/disable", method: "POST", [Writers.authorization]))
      }
      #expect(off.status == 200)
      #expect(try await service.get("/readyz").text.contains("switch off for "))
    }
  }

  @Test(arguments: [
    (#"{"seconds":0}"#, 422, "/seconds", "must be a number from 0.001 to 86400 with up to three decimals, found 0"),
    (
      #"{"seconds":1.0005}"#, 422, "/seconds",
      "must be a number from 0.001 to 86400 with up to three decimals, found 1.0005"
    ),
    (
      #"{"seconds":"1"}"#, 422, "/seconds",
      #"must be a number from 0.001 to 86400 with up to three decimals, found "1""#
    ),
    (
      #"{"seconds":86401}"#, 422, "/seconds",
      "must be a number from 0.001 to 86400 with up to three decimals, found 86401"
    ),
    (
      #"{"reason":""}"#, 422, "/reason",
      #"must be a string of 1 to 200 characters, none of them a control character, found """#
    ),
    (
      #"{"reason":"a\nb"}"#, 422, "/reason",
      #"must be a string of 1 to 200 characters, none of them a control character, found "a\nb""#
    ),
    (#"{"second":1}"#, 422, "/second", "is not a field of a switch (reason, seconds)"),
    ("[]", 422, "", "must be an object, found an array of 0"),
    ("{", 400, "", "line 1, column 2: expected a field's name in double quotes"),
  ])
  func aWrongBodyIsNamedAndSwitchesNothing(body: String, status: Int, pointer: String, detail: String) async throws {
    let folder = try TemporaryFolder()
    try await Writers.run(in: folder, Self.management) { service in
      let answer = try await service.send("POST", "/readyz/disable", body, management: true)
      #expect(answer.status == status && answer["Content-Type"] == "application/problem+json")
      let mistake = try JSONValue(answer.text)["errors"]?.array?.first
      #expect(mistake?["pointer"] == .string(pointer) && mistake?["detail"] == .string(detail), "\(answer.text)")
      #expect(try await service.get("/readyz").status == 200)
    }
  }

  @Test(arguments: ["/readyz/disable", "/readyz/enable"])
  func nobodySwitchesWithoutAToken(path: String) async throws {
    let folder = try TemporaryFolder()
    try await Writers.run(in: folder, Self.management) { service in
      for authorization in [nil, "Authorization: Bearer wrong-token-0123456789", "Authorization: Basic abc"] {
        let answer = try await service.send("POST", path, authorization: authorization, management: true)
        #expect(answer.status == 401 && answer.has("WWW-Authenticate"))
      }
      let text = try await service.send("POST", path, "x", contentType: "text/plain", management: true)
      #expect(text.status == 415)
      #expect(try await service.get(path, management: true).status == 405)
      #expect(try await service.get("/readyz").status == 200)
    }
    try await ServiceProcess.run(Self.management) { service in
      let answer = try await service.send("POST", path, management: true)
      #expect(answer.status == 403)
    }
  }

  @Test func theServicesPortHasNoneOfIt() async throws {
    let folder = try TemporaryFolder()
    for options in [Self.management, []] {
      try await Writers.run(in: folder, options) { service in
        let answer = try await service.get("/control")
        #expect(answer.status == 404)
        for path in ["/readyz/disable", "/readyz/enable"] {
          let answer = try await service.send("POST", path)
          #expect(answer.status == 404)
        }
      }
    }
  }
}
