import Foundation
import Glibc
import TestSupport
import Testing

/// A program that puts up one barrier and tries what it forbids, built together with this test.
private let probe = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
  .deletingLastPathComponent().appending(path: "confinement-probe").path()

/// The errno of each attempt behind a barrier; 0 for one that succeeded.
private func attempts(behind barrier: String) throws -> [String: Int32] {
  let output = try ScratchDirectory().run("'\(probe)' \(barrier) | cat")
  let pairs = output.split(separator: "\n").map { $0.split(separator: " ") }
  return Dictionary(uniqueKeysWithValues: pairs.map { (String($0[0]), Int32($0[1]) ?? -1) })
}

@Suite("R47: the barriers around an inspection")
struct BarrierTests {
  @Test("nothing is forbidden without one: the probe can tell")
  func nothing() throws {
    let result = try attempts(behind: "nothing")
    for attempt in ["read", "open", "create", "socket", "kill", "ptrace", "fork", "thread"] {
      #expect(result[attempt] == 0, "\(attempt)")
    }
    #expect(result["exec"] == ENOENT)
  }

  @Test("seccomp leaves what is open, and no call that reaches beyond the process")
  func calls() throws {
    let result = try attempts(behind: "calls")
    #expect(result["read"] == 0)
    for attempt in [
      "open", "create", "shadow", "socket", "root", "groups", "kill", "ptrace", "exec", "fork",
      "thread",
    ] {
      #expect(result[attempt] == EPERM, "\(attempt)")
    }
  }

  @Test("where threads are allowed, they are threads of the same process and nothing more")
  func threads() throws {
    let result = try attempts(behind: "calls-but-threads")
    #expect(result["read"] == 0)
    #expect(result["thread"] == 0)
    for attempt in [
      "open", "create", "shadow", "socket", "root", "groups", "kill", "ptrace", "exec", "fork",
    ] {
      #expect(result[attempt] == EPERM, "\(attempt)")
    }
  }

  @Test("where something is fetched, there are sockets, threads and reading, and nothing else")
  func fetchingCalls() throws {
    let result = try attempts(behind: "calls-for-fetching")
    for attempt in ["read", "open", "name-service", "socket", "thread"] {
      #expect(result[attempt] == 0, "\(attempt)")
    }
    for attempt in [
      "create", "packet-socket", "root", "groups", "kill", "ptrace", "exec", "fork",
    ] {
      #expect(result[attempt] == EPERM, "\(attempt)")
    }
  }

  @Test("where something is fetched, Landlock leaves how names are looked up, and no other file")
  func fetchingFiles() throws {
    let result = try attempts(behind: "landlock-for-fetching")
    for attempt in ["read", "name-service"] { #expect(result[attempt] == 0, "\(attempt)") }
    for attempt in ["open", "create", "shadow"] { #expect(result[attempt] == EACCES, "\(attempt)") }
  }

  @Test("Landlock leaves what is open, and no file to open or create")
  func landlock() throws {
    let result = try attempts(behind: "landlock")
    #expect(result["read"] == 0)
    for attempt in ["open", "create", "shadow"] { #expect(result[attempt] == EACCES, "\(attempt)") }
  }

  @Test("the limits leave no number for a descriptor")
  func limits() throws {
    let result = try attempts(behind: "limits")
    #expect(result["read"] == 0)
    for attempt in ["open", "create", "shadow", "socket"] { #expect(result[attempt] == EMFILE, "\(attempt)") }
  }

  @Test("nobody cannot become root again", .enabled(if: geteuid() == 0, "there is no root to give up"))
  func identity() throws {
    let result = try attempts(behind: "identity")
    #expect(result["root"] == EPERM)
    #expect(result["groups"] == EPERM)
    #expect(result["shadow"] == EACCES)
    #expect(result["kill"] == EPERM)
  }
}
