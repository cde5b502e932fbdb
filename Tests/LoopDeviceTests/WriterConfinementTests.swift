import DeviceProbe
import DeviceSafety
import Foundation
import Glibc
import TestSupport
import Testing

/// The program that was built together with this test.
private let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
  .deletingLastPathComponent().appending(path: "burin").path()

extension LoopDevice {
  /// A write of an image of 24 MiB without a question, onto others too, ready for a shell.
  fileprivate func command(with others: [LoopDevice] = []) throws -> String {
    let paths = [path] + others.map(\.path)
    let devices = DeviceProbe.snapshot().devices
    let ids = try paths.map { path in TargetID(of: try #require(devices.first { $0.path == path })) }
    try run("head -c \(24 * mebibyte) /dev/zero | tr '\\0' '\\245' >image")
    return "'\(program)' write image \(paths.joined(separator: " ")) --allow-loop --yes"
      + ids.map { " --confirm \($0)" }.joined()
  }

  /// Traces every call of a run, and tells which were refused since the barrier was put up.
  fileprivate func refusals(_ options: String = "", in command: String) throws -> (
    said: String, refused: [String], since: [Substring]
  ) {
    let said = try run(
      """
      strace -f -qq -s 0 -o trace \(options) \(command) 2>&1 && echo status 0 || echo status $?
      """)
    let lines = String(decoding: try scratch.contents("trace"), as: UTF8.self).split(separator: "\n")
    let barrier = try #require(lines.firstIndex { $0.contains("SECCOMP_FILTER_FLAG_TSYNC") })
    #expect(lines[barrier].hasSuffix("= 0") || lines[barrier].hasSuffix("<unfinished ...>"))
    let refused = lines[barrier...].filter { $0.contains(" = -1 EPERM") || $0.contains(" = -1 ENOSYS") }
    return (said, refused.map(String.init), Array(lines[barrier...]))
  }
}

extension LoopDeviceTests {
  @Suite("R47: the process that writes keeps what it has open, and gets nothing else")
  struct WriterConfinementTests {
    /// A state file of a thread, as pairs of a name and what stands behind it.
    private func fields(_ status: Substring) -> [Substring: String] {
      Dictionary(
        status.split(separator: "\n").compactMap { line in
          guard let colon = line.firstIndex(of: ":") else { return nil }
          let value = line[line.index(after: colon)...].split(whereSeparator: \.isWhitespace)
          return (line[..<colon], value.joined(separator: " "))
        }, uniquingKeysWith: { first, _ in first })
    }

    @Test("stopped in the midst of a write, each of its threads is behind the barrier")
    func everyThread() throws {
      let loop = try LoopDevice(byteCount: 32 * mebibyte)
      let command = try loop.command()
      // The erasing thread asks for fewer requests than this, so it is one that writes the body.
      let output = try loop.run(
        """
        mkfifo trace
        exec 3<>trace
        (
          strace -f -q -P $D -o trace -e trace=pwrite64 -e inject=pwrite64:signal=SIGSTOP:when=4 \\
            \(command) >written 2>&1 && echo 0 >status || echo $? >status
          echo "0 gone" >&3
        ) &
        stops=0
        while read -r thread event <&3; do
          case $event in
            *'stopped by SIGSTOP'*)
              [ $stops = 0 ] && for state in /proc/$thread/task/*/status; do echo ---; cat $state; done
              stops=1
              kill -CONT $thread ;;
            gone) break ;;
          esac
        done
        cmp -n $(stat -c %s image) image $D
        cat written >&2
        exit $(cat status)
        """)
      let threads = output.split(separator: "---").map(fields).filter { $0["Seccomp"] != nil }
      #expect(threads.count >= 4, "\(output)")
      for thread in threads {
        #expect(thread["Seccomp"] == "2" && thread["NoNewPrivs"] == "1", "\(thread)")
        // DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, KILL, NET_ADMIN, SETGID, SETUID, SYS_ADMIN, SYS_NICE, SYS_PTRACE.
        #expect(thread["CapEff"] == "0000000000a810ee" && thread["CapPrm"] == "0000000000a810ee", "\(thread)")
      }
      #expect(!output.contains("seccomp)") && !output.contains("capset)"), "\(output)")
    }

    /// How a write may end: options of strace, options of the write, its status, and what it says.
    ///
    /// Notes of the run are written and synchronised too, and a fault of those is none of the disk.
    private static let ends: [(String, String, Int, String)] = [
      ("", "", 0, "now holds"), ("", "--json", 0, #""event":"result","exitCode":0"#),
      ("-e inject=pwrite64:error=EIO:when=1", "--no-undo --no-history", 4, "[device-failed]"),
      ("-e inject=pwrite64:error=ENODEV:when=4", "--no-undo --no-history", 4, "[device-unplugged]"),
      ("-e inject=fsync:error=EIO:when=1", "--no-undo --no-history", 4, "[device-failed]"),
    ]

    @Test(
      "no call of a write is refused, however it ends; of new threads only the newer of two ways",
      arguments: ends)
    func nothingMissing(fault: String, option: String, status: Int, words: String) throws {
      let loop = try LoopDevice(byteCount: 32 * mebibyte)
      try loop.partition()
      let (said, calls, _) = try loop.refusals(fault, in: "\(loop.command()) \(option)")
      #expect(said.contains("status \(status)\n"), "\(said)")
      #expect(said.contains(words), "\(said)")
      #expect(calls.allSatisfy { $0.contains("clone3") }, "\(calls)")
    }

    @Test("neither is one of a write to several, whose watch sets its timers behind the barrier")
    func several() throws {
      let loops = try (0..<3).map { _ in try LoopDevice(byteCount: 32 * mebibyte) }
      // The watch looks for the first time after 1.5 seconds; notes of the run would be synchronised before.
      let (said, calls, since) = try loops[0].refusals(
        "-e inject=fsync:delay_enter=1700000:when=1",
        in: loops[0].command(with: Array(loops[1...])) + " --no-undo --no-history")
      #expect(said.contains("status 0\n") && said.contains("3 of 3 targets hold the image"), "\(said)")
      #expect(calls.allSatisfy { $0.contains("clone3") }, "\(calls)")
      #expect(since.contains { $0.contains("timerfd_settime") }, "the watch has not set a timer")
      for loop in loops { try loops[0].run("cmp -n $(stat -c %s image) image \(loop.path)") }
    }

    @Test("neither is one of an undo, which is behind the same barrier")
    func undo() throws {
      let loop = try LoopDevice(byteCount: 32 * mebibyte)
      let command = try loop.command()
      let id = try #require(command.split(separator: " ").last)
      try loop.run("cp medium before; \(command)")
      let (said, calls, _) = try loop.refusals(
        in: "'\(program)' undo $D --allow-loop --yes --confirm \(id) --json")
      #expect(said.contains("status 0\n") && said.contains(#""notProven":[]"#), "\(said)")
      #expect(calls.allSatisfy { $0.contains("clone3") }, "\(calls)")
      try loop.run("cmp before medium")
    }

    @Test("a signal in the midst of the body needs no call that is refused either")
    func signal() throws {
      let loop = try LoopDevice(byteCount: 32 * mebibyte)
      let command = try loop.command()
      let output = try loop.run(
        """
        mkfifo trace
        exec 3<>trace
        (
          strace -f -q -Z -o trace -e inject=pwrite64:signal=SIGSTOP:when=2 \(command) --no-undo \\
            >written 2>&1 && echo 0 >status || echo $? >status
          echo "0 gone" >&3
        ) &
        while read -r thread event <&3; do
          case $event in
            # Every thread tells of it, the last ones perhaps when all is over.
            *'stopped by SIGSTOP'*) kill -TERM $thread 2>/dev/null; kill -CONT $thread 2>/dev/null ;;
            *EPERM*|*ENOSYS*) echo "refused $event" ;;
            gone) break ;;
          esac
        done
        echo "status $(cat status)"
        """)
      let lines = output.split(separator: "\n")
      #expect(lines.last == "status 143", "\(output)")
      #expect(lines.dropLast().allSatisfy { $0.contains("clone3") }, "\(output)")
    }

    @Test(
      "without the barrier the write goes on, and the report names what is missing",
      arguments: [
        // Only the first thread, which gives rights up before there is a second one.
        ("-e trace=capset -e inject=capset:error=EPERM", "kept no right it does not use (capset)"),
        (
          "-f -e trace=seccomp -e inject=seccomp:error=EINVAL",
          "nothing but the disk while it wrote (seccomp)"
        ),
      ])
    func missing(fault: String, words: String) throws {
      let loop = try LoopDevice(byteCount: 32 * mebibyte)
      let said = try loop.run(
        """
        strace -qq -o trace \(fault) \(loop.command()) --json 2>&1
        cmp -n $(stat -c %s image) image $D
        """)
      #expect(said.contains(words), "\(said)")
    }
  }
}
