import DeviceProbe
import DeviceSafety
import Foundation
import TestSupport
import Testing

/// The program that was built together with this test.
private let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
  .deletingLastPathComponent().appending(path: "burin").path()

/// Runs a program at a terminal and types a line when it asks.
private let typist = """
  import os, pty, sys
  child, terminal = pty.fork()
  if child == 0:
      os.execvp(sys.argv[2], sys.argv[2:])
  said = b""
  try:
      while b"anything else to cancel: " not in said:
          said += os.read(terminal, 4096)
      os.write(terminal, sys.argv[1].encode() + b"\\n")
      while True:
          said += os.read(terminal, 4096)
  except OSError:
      pass
  sys.stdout.buffer.write(said)
  sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
  """

/// What strace tells of a whole write, confirmed at a terminal.
private struct Trace {
  let lines: [String]
  let target: String
  /// The line in which the end of the answer is read.
  let consent: Int

  /// Writes to a loop device that has a table and two file systems.
  static func ofDisk() throws -> Trace {
    let loop = try LoopDevice(byteCount: 32 * mebibyte, fill: 0xEE)
    try loop.partition()
    try loop.run("mkfs.vfat ${D}p1; mkfs.ext4 -q ${D}p2; sync")
    let path = loop.path
    let snapshot = DeviceProbe.snapshot()
    let disk = try #require(snapshot.devices.first { $0.path == path })
    return try Trace(of: path, as: path, id: TargetID(of: disk).description, in: loop.scratch)
  }

  /// Writes to a regular file.
  static func ofFile() throws -> Trace {
    let scratch = try ScratchDirectory()
    try scratch.run("truncate -s 8M stick; mkfs.vfat stick")
    let path = scratch.path + "/stick"
    return try Trace(of: path, as: "file:\(path)", id: "file:\(path)", in: scratch)
  }

  private init(of path: String, as argument: String, id: String, in scratch: ScratchDirectory) throws {
    try scratch.write([UInt8].random(3 * mebibyte + 777, seed: 32), to: "image")
    try scratch.write(Array(typist.utf8), to: "typist.py")
    let calls = "%file,%desc,%process,close_range"
    let said = try scratch.run(
      """
      python3 typist.py \(id) strace -f -y -s 40 -o trace -e trace=\(calls) \
        '\(program)' write image \(argument) --allow-loop
      cmp -n $(stat -c %s image) image \(path)
      """)
    #expect(said.contains("now holds"))
    lines = String(decoding: try scratch.contents("trace"), as: UTF8.self)
      .split(separator: "\n").map(String.init)
    target = path
    consent = try #require(lines.firstIndex { $0.contains("read(0</dev/pts/") && $0.contains(#""\n", 1)"#) })
  }

  /// The numbers of the lines in which a call is made (not those in which it comes back).
  func lines(calling calls: Set<String>) -> [Int] {
    lines.indices.filter { index in
      // `123  openat(…`
      guard let call = lines[index].split(whereSeparator: \.isWhitespace).dropFirst().first else {
        return false
      }
      return calls.contains(String(call.prefix { $0 != "(" }))
    }
  }

  /// The line in which a call comes back: the same one, unless another thread has made a call meanwhile.
  func end(of index: Int) -> String {
    guard lines[index].hasSuffix("<unfinished ...>") else { return lines[index] }
    let thread = lines[index].prefix { $0 != " " } + " "
    return lines[(index + 1)...].first { $0.hasPrefix(thread) } ?? ""
  }

  private static let openings: Set = ["open", "openat", "openat2", "creat"]

  var opens: [String] { lines(calling: Self.openings).map { lines[$0] } }

  /// Everything that is opened of the target: by its path, by those of its partitions, or by what comes of it.
  var opensOfTarget: [String] {
    lines(calling: Self.openings).filter { index in
      let line = lines[index]
      return line.contains("\"\(target)\"") || line.contains("\"\(target)p") || line.hasSuffix("<\(target)>")
    }.map { lines[$0] }
  }

  /// The lines that switch between reading past and through the page cache.
  var switches: [Int] {
    lines(calling: ["fcntl"]).filter { lines[$0].contains("<\(target)>, F_SETFL, ") }
  }
}

extension LoopDeviceTests {
  @Suite("What a whole write asks of the kernel")
  struct SystemCallTests {
    @Test(
      "R27, R28: the target is opened once in the whole run, whatever is on it, and none of its partitions",
      arguments: [false, true])
    func oneOpening(isVirtual: Bool) throws {
      let trace = try isVirtual ? Trace.ofFile() : Trace.ofDisk()
      let opens = trace.opensOfTarget
      #expect(opens.count == 1, "\(opens)")
      for flag in ["O_RDWR", "O_EXCL", "O_DIRECT", "O_CLOEXEC", "O_NOFOLLOW"] {
        #expect(opens.first?.contains(flag) == true, "\(flag)")
      }
      // R41: libblkid's looks end before the question, each with the page cache switched off again.
      let switches = trace.switches
      #expect(switches.count == (isVirtual ? 2 : 4))
      for (index, line) in switches.enumerated() {
        #expect(trace.lines[line].contains("O_DIRECT") == (index % 2 == 1), "\(trace.lines[line])")
        #expect(trace.end(of: line).hasSuffix("= 0") && line < trace.consent)
      }
    }

    @Test("R32, R33: nothing that creates, no byte before consent, nothing inherited")
    func systemCalls() throws {
      let trace = try Trace.ofDisk()
      // What is saved for `burin undo` and noted for `burin history` and `burin resume` are the only files that are
      // made, in their own directory.
      let creating = trace.opens.filter { $0.contains("O_CREAT") || $0.contains("O_TMPFILE") }
      #expect(
        creating.allSatisfy { line in
          [".saving-undo-", ".saving-run-", ".receipt-"].contains { name in
            line.contains("/state>, \"\(name)")
          } && line.contains("O_EXCL")
        },
        "\(creating)")
      // Whoever starts a program gives it /dev/null on purpose.
      let kept = trace.opens.filter {
        ($0.contains("\"/dev/") || $0.contains("/image\"")) && !$0.contains("O_CLOEXEC")
          && !$0.contains("\"/dev/null\", O_RDWR")
      }
      #expect(kept == [])

      let writes = trace.lines(calling: ["write", "writev", "pwrite64", "pwritev", "pwritev2", "fallocate"])
        .filter { trace.lines[$0].contains("<\(trace.target)>") }
      #expect(writes.count > 3)
      #expect(writes.allSatisfy { $0 > trace.consent })
    }

    @Test("R32: the one program that is started gets the image and a pipe, and everything else is closed")
    func children() throws {
      let trace = try Trace.ofDisk()
      // The first starts burin itself.
      let starts = trace.lines(calling: ["execve", "execveat"]).dropFirst()
      let start = try #require(starts.first)
      #expect(starts.count == 1)
      #expect(trace.lines[start].contains(#"execve("/proc/self/exe", ["burin", "confined-inspection"]"#))
      #expect(trace.lines[start].contains("/* 0 vars */"))
      let child = try #require(trace.lines[start].split(separator: " ").first)
      let before = trace.lines[..<start].indices.filter { trace.lines[$0].hasPrefix(child + " ") }
      let given = before.map { trace.lines[$0] }.filter { $0.contains("dup2(") || $0.contains("dup3(") }
      #expect(given.count == 2)
      #expect(given.first?.contains("/image>, 3") == true)
      #expect(given.last?.contains("<pipe:") == true)
      let last = try #require(before.last { !trace.lines[$0].contains(" resumed>") })
      #expect(trace.lines[last].contains("close_range(5, 4294967295, 0"), "\(trace.lines[last])")
      #expect(trace.end(of: last).hasSuffix("= 0"), "\(trace.end(of: last))")
      #expect(!before.contains { trace.lines[$0].contains(trace.target) })
    }
  }
}
