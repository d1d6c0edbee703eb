import Dispatch
import FuzzSupport
import HTTP

@testable import HTTPServer

/// A whole connection: what a client sends from its start to its FIN. It goes through a real `Connection` over a
/// socketpair(2), whole and in pieces; what the client gets to hear must be what `Script` says.
///
/// epoll, Dispatch, the listeners and the clock have no part in it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(start: UnsafePointer<UInt8>?, count: Int) -> Int32 {
  unsafe judge(start, count) { input, chance in
    let script = Script(for: input)
    let (one, other) = (chance.cuts(input.count, most: 16), chance.cuts(input.count, most: 16))
    let (isSmall, leaves, isSecure) = (chance.upTo(3) == 0, chance.upTo(7) == 0, chance.upTo(63) == 0)
    let admission = Stage.loop.context.admission
    Stage.loop.executor.queue.sync {
      Stage.loop.assumeIsolated { loop in
        loop.lend { workspace in
          let whole = Conversation(input, ends: [input.count], isSmall: false, on: loop)
          whole.run(in: &workspace, on: loop)
          script.hold(for: whole)
          // Two at once: what one leaves in the loop's workspace is not the other's.
          let pieces = Conversation(input, ends: one, isSmall: isSmall, on: loop)
          let neighbour = Conversation(input, ends: other, isSmall: !isSmall, on: loop)
          if leaves { neighbour.leave(after: other.count / 2) }
          pieces.run(beside: neighbour, in: &workspace, on: loop)
          script.hold(for: pieces)
          if !leaves { script.hold(for: neighbour) }
          // A handshake costs as much as fifty such conversations.
          if isSecure {
            let secure = Conversation(input, ends: one, isSmall: isSmall, isSecure: true, on: loop)
            secure.run(in: &workspace, on: loop)
            script.hold(for: secure)
          }
          holdTheLog(workspace.log, workspace.logCount)
          workspace.closed.removeAll(keepingCapacity: true)
        }
      }
    }
    hold(admission.connections == 0 && admission.inFlight == 0, "nothing stays counted")
  }
}

/// Whatever a client sends, a line of the log is a line.
private func holdTheLog(_ log: [UInt8], _ count: Int) {
  let lines = log.split(separator: 0x0A, omittingEmptySubsequences: false)
  hold(lines.count == count + 1 && lines.last?.isEmpty == true, "there are as many lines as were counted")
  for line in lines.dropLast() {
    hold(line.starts(with: "{\"time\":\"".utf8) && line.last == UInt8(ascii: "}"), "a line is an object")
    hold(line.allSatisfy { (0x20...0x7E).contains($0) }, "a line is visible ASCII")
  }
}
