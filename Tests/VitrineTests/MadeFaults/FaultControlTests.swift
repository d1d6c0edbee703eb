import TestSupport
import Testing

/// How faults are made, told, and ended.
@Suite(.serialized) struct FaultControlTests {
  private static let hang = #"{"kind":"hang","seconds":60}"#

  @Test func withoutTheOptionThereIsNothing() async throws {
    let folder = try TemporaryFolder()
    try await Writers.run(in: folder, ["--management-port", "0"]) { service in
      for management in [false, true] {
        let missing = try await service.get("/nowhere", management: management)
        for method in ["GET", "PUT", "DELETE"] {
          for path in ["/faults", "/faults/f"] {
            let answer = try await service.send(method, path, Self.hang, management: management)
            #expect(answer.status == 404 && answer.text == missing.text)
          }
        }
        let options = try await service.get("*", method: "OPTIONS", management: management)
        #expect(!options.text.contains("fault"))
      }
      let scrape = try await service.get("/metrics", management: true).text
      #expect(!scrape.contains("route=\"/faults") && scrape.contains("\nvitrine_faults_enabled 0\n"))
      #expect(!service.process.output.text.contains("faults can be made"))
    }
  }

  @Test func theOptionIsWarnedOfAndShown() async throws {
    try await FaultyService.run { service in
      #expect(try await service.logged("faults can be made")["level"] == .string("warning"))
      #expect(try await service.metric("vitrine_faults_enabled") == 1)
      #expect(try await service.metric("vitrine_faults_active") == 0)
      #expect(try await service.get("/faults").status == 404)
      let list = try await service.get("/faults", management: true)
      #expect(list.status == 200 && list.text == #"{"faults":[],"activeMax":16,"secondsMax":900}"# + "\n")
    }
  }

  @Test func aFaultIsMadeToldReplacedAndEnded() async throws {
    try await FaultyService.run { service in
      let json = #"{"kind":"delay","milliseconds":1,"seconds":60,"scope":{"seed":7}}"#
      let made = try await service.send("PUT", "/faults/slow", json, management: true)
      #expect(made.status == 201 && made["Location"] == "/faults/slow")
      let fault = try JSONValue(made.text)
      #expect(fault["name"] == .string("slow") && fault["milliseconds"] == .number(1) && fault["seed"] == .number(7))
      #expect(fault["injections"] == .number(0) && (fault["secondsLeft"]?.number ?? 0) > 50)
      let begins = try await service.logged("fault begins")
      #expect(begins["level"] == .string("warning") && begins["seconds"] == .number(60))
      _ = try await service.get("/")
      let list = try JSONValue(try await service.get("/faults", management: true).text)
      #expect(list["faults"]?.array?.first?["injections"] == .number(1))
      let control = try await service.get("/control", management: true).text
      #expect(control.contains(#""faults":{"enabled":true,"active":["slow"]}"#))

      let replaced = try await service.send("PUT", "/faults/slow", Self.hang, management: true)
      #expect(replaced.status == 200 && replaced.text.contains(#""kind":"hang""#))
      #expect(try await service.logged("fault ended")["by"] == .string("another of its name"))
      #expect(try await service.metric("vitrine_faults_active") == 1)
      #expect(try await service.get("/faults/slow", management: true).text.contains(#""kind":"hang""#))

      #expect(try await service.send("DELETE", "/faults/slow", management: true).status == 204)
      #expect(try await service.send("DELETE", "/faults/slow", management: true).status == 404)
      #expect(try await service.get("/faults/slow", management: true).status == 404)
      #expect(try await service.get("/").status == 200)
    }
  }

  @Test func aFaultEndsByItself() async throws {
    try await FaultyService.run { service in
      try await service.makeFault(#"{"kind":"status","code":500,"seconds":0.3}"#)
      let line = try await service.logged("fault ended")
      #expect(line["by"] == .string("its time") && line["lastInjection"] == .string("none"))
      #expect(try await service.get("/").status == 200)
      #expect(try await !service.isFaulty())
    }
  }

  /// A day forward does not end one, and a day back does not keep one.
  @Test(.enabled(Faults.needsFakeTime, Faults.canFakeTime)) func itsEndComesAcrossStepsOfTheClock() async throws {
    let folder = try TemporaryFolder()
    let offset = try folder.write("+0", to: "offset")
    var variables = Faults.fakeTime(offset)
    variables["VITRINE_HTTP_PORT"] = "0"
    variables["VITRINE_HOST"] = "127.0.0.1"
    variables["VITRINE_MANAGEMENT_PORT"] = "0"
    variables["VITRINE_FAULTS"] = "true"
    // Landlock keeps the file with the offset from it.
    variables["VITRINE_HARDENING"] = "false"
    variables["VITRINE_DRAIN_DELAY"] = "0"
    variables["VITRINE_WRITE_TOKEN_FILE"] = try folder.write("\(Writers.token)\n", to: "token")
    try await ServiceProcess.run([], environment: variables) { service in
      try await service.makeFault(#"{"kind":"status","code":500,"seconds":600,"scope":{"route":"/"}}"#, name: "long")
      try await service.makeFault(
        #"{"kind":"status","code":500,"seconds":1,"scope":{"route":"/version"}}"#, name: "short")
      for step in ["+1d", "-1d"] {
        let day = try await service.get("/healthz")["Date"]?.prefix(16)
        try folder.write(step, to: "offset")
        #expect(await eventually { (try? await service.get("/healthz")["Date"])?.prefix(16) != day })
        #expect(try await service.get("/").status == 500)
      }
      // Not by the log: the library moves Dispatch's timers, the writer's among them, with the clock.
      #expect(await eventually { (try? await service.get("/faults/short", management: true).status) == 404 })
      #expect(try await service.get("/version").status == 200)
      let left = try JSONValue(try await service.get("/faults/long", management: true).text)["secondsLeft"]?.number
      #expect((0...600).contains(left ?? -1))
    }
  }

  @Test func sixteenAtOnceAndNoMore() async throws {
    try await FaultyService.run { service in
      for number in 0..<16 { try await service.makeFault(Self.hang, name: "f\(number)") }
      let refused = try await service.send("PUT", "/faults/more", Self.hang, management: true)
      #expect(refused.status == 409 && refused.text.contains("There are 16 faults in force"))
      // One that is there already may be replaced.
      #expect(try await service.send("PUT", "/faults/f3", Self.hang, management: true).status == 200)
      #expect(try await service.metric("vitrine_faults_active") == 16)
      #expect(try await service.metric("vitrine_faults_refused_total") == 1)
      try await service.endFault("f0")
      try await service.makeFault(Self.hang, name: "more")
    }
  }

  @Test(arguments: [
    (#"{"kind":"delay","milliseconds":-1,"seconds":60}"#, 422, "/milliseconds"), (#"{"kind":"hang"}"#, 422, "/seconds"),
    (#"{"kind":"hang","seconds":60,"scope":{"route":"/faults"}}"#, 422, "/scope/route"),
    (#"{"kind":"hang","seconds":60,"kind":"hang"}"#, 400, ""), ("", 400, ""),
  ])
  func aWrongBodyNamesTheFieldAndChangesNothing(body: String, status: Int, pointer: String) async throws {
    try await FaultyService.run { service in
      try await service.makeFault(#"{"kind":"delay","milliseconds":1,"seconds":60}"#)
      let answer = try await service.send("PUT", "/faults/f", body, management: true)
      #expect(answer.status == status && answer["Content-Type"] == "application/problem+json")
      #expect(try JSONValue(answer.text)["errors"]?.array?.first?["pointer"] == .string(pointer), "\(answer.text)")
      #expect(try await service.get("/faults/f", management: true).text.contains(#""kind":"delay""#))
    }
  }

  @Test(arguments: ["a%20b", "%C3%A4", String(repeating: "x", count: 33)])
  func aNameIsAWord(name: String) async throws {
    try await FaultyService.run { service in
      let answer = try await service.send("PUT", "/faults/\(name)", Self.hang, management: true)
      #expect(answer.status == 400 && answer.text.contains(#""parameter":"name""#), "\(answer.text)")
    }
  }

  @Test func nobodyMakesOrEndsOneWithoutAToken() async throws {
    try await FaultyService.run { service in
      try await service.makeFault(Self.hang)
      for authorization in [nil, "Authorization: Bearer wrong-token-0123456789", "Authorization: Bearer "] {
        for method in ["PUT", "DELETE"] {
          let answer = try await service.send(
            method, "/faults/f", Self.hang, authorization: authorization, management: true)
          #expect(answer.status == 401 && answer.has("WWW-Authenticate"))
        }
      }
      let text = try await service.send("PUT", "/faults/f", Self.hang, contentType: "text/plain", management: true)
      #expect(text.status == 415)
      #expect(try await service.metric("vitrine_faults_active") == 1)
    }
    try await ServiceProcess.run(["--faults", "--management-port", "0"]) { service in
      let answer = try await service.send("PUT", "/faults/f", Self.hang, management: true)
      #expect(answer.status == 403)
    }
  }

  @Test func namesThatAreCountedAreBounded() async throws {
    try await FaultyService.run { service in
      for number in 0..<70 {
        try await service.makeFault(#"{"kind":"status","code":500,"seconds":60}"#, name: "n\(number)")
        _ = try await service.get("/")
        try await service.endFault("n\(number)")
      }
      #expect(try await service.injections("status", name: "n0") == 1)
      #expect(try await service.injections("status", name: "n64") == nil)
      #expect(try await service.injections("status", name: "other") == 6)
    }
  }

  @Test func whatWouldDoNothingIsRefused() async throws {
    let finished = try await ServiceProcess.finished(["--faults"])
    #expect(finished.end == .exited(64) && finished.errorLines == ["vitrine: --faults: needs --management-port"])
    let slow = try await ServiceProcess.finished(["--slow-start", "1", "--management-port", "0"])
    #expect(slow.end == .exited(64) && slow.errorLines == ["vitrine: --slow-start: needs --faults"])
    let unreachable = try await ServiceProcess.finished(["--slow-start", "901"])
    #expect(unreachable.errorLines.first?.contains("--slow-start: must be seconds from 0 to 900") == true)
  }
}
