import Foundation
import Glibc
import TestSupport
import Testing

/// The errno of each attempt of a process that writes, by its kind and name; 0 for one that succeeded.
private func attempts(behind barrier: String) throws -> [String: [String: Int32]] {
  let probe = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "confinement-probe").path()
  let output = try ScratchDirectory().run("'\(probe)' \(barrier) | cat")
  var found: [String: [String: Int32]] = [:]
  for line in output.split(separator: "\n") {
    let fields = line.split { $0 == "/" || $0 == " " }
    try #require(fields.count == 3)
    found[String(fields[0]), default: [:]][String(fields[1])] = Int32(fields[2])
  }
  return found
}

@Suite("R47: the barrier around the process that writes")
struct WriterBarrierTests {
  @Test(
    "without it nothing is refused: the probe can tell",
    .enabled(if: geteuid() == 0, "somebody else may do little of it anyway"))
  func nothing() throws {
    let result = try attempts(behind: "unconfined-writer")
    for (name, error) in result["refused", default: [:]] { #expect(error != EPERM, "\(name)") }
    for (name, error) in result["unknown", default: [:]] { #expect(error != ENOSYS, "\(name)") }
    for name in [
      "open-to-write", "mode-of-descriptor", "fork", "foreign-signal", "foreign-memory", "foreign-priority",
      "foreign-input-priority", "foreign-scheduling", "foreign-processors",
    ] {
      #expect(result["refused"]?[name] == 0, "\(name)")
    }
  }

  @Test("a thread that was there before can open, start, signal, connect and change nothing")
  func refused() throws {
    let result = try attempts(behind: "writer")
    let refused = try #require(result["refused"])
    #expect(refused.count > 50)
    for (name, error) in refused { #expect(error == EPERM, "\(name)") }
    let unknown = try #require(result["unknown"])
    #expect(unknown.count > 7)
    for (name, error) in unknown { #expect(error == ENOSYS, "\(name)") }
    #expect(result["connection"] == ["socket": EPERM, "connect": EPERM])
  }

  @Test("what is open, what can be read, threads and the end of its own child are left")
  func left() throws {
    let free = try attempts(behind: "unconfined-writer")
    let confined = try attempts(behind: "writer")
    #expect(confined["left"]?.count == 18)
    #expect(confined["left"] == free["left"])
    #expect(confined["left"]?.values.contains(EPERM) == false)
  }

  @Test("R52: where it may connect, it may do nothing else more")
  func connected() throws {
    let confined = try attempts(behind: "writer")
    let connected = try attempts(behind: "connected-writer")
    #expect(connected["connection"] == ["socket": 0, "connect": EBADF])
    for kind in ["left", "refused", "unknown"] { #expect(connected[kind] == confined[kind]) }
  }
}
