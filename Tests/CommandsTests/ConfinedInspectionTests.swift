import BlockIO
import Documents
import Foundation
import Glibc
import ImageInspector
import Sandbox
import SystemPackage
import Terminal
import TestSupport
import Testing

@testable import Commands

/// The program that was built together with this test.
private let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
  .deletingLastPathComponent().appending(path: "burin").path()

/// Runs a write and stops its confined process behind the last barrier, where nothing has been read yet.
///
/// `$child` is its process ID in `then`; the file `written` gets what the write prints, and its status.
private func writeStopped(then script: String) throws -> (ScratchDirectory, String) {
  let directory = try ScratchDirectory()
  let output = try directory.run(
    """
    head -c 3000000 /dev/urandom >image
    yes old content 2>/dev/null | head -c 8388608 >stick
    cp stick before
    mkfifo trace ended
    exec 3<>trace 4<>ended
    # seccomp is the last barrier; the process that writes calls it later, and is not to be held up by that.
    (
      strace -f -q -o trace -e trace=seccomp -e inject=seccomp:signal=SIGSTOP \
        sh -c '"$0" "$@" >written 2>&1; echo "status $?" >>written; echo >&4' \
        '\(program)' write image file:stick --yes --quiet 2>tracer
      echo "0 tracer gone" >&3
      # Nobody waits for an end that cannot come any more.
      echo >&4
    ) &
    while read -r child event <&3; do
      case $event in
        *'stopped by SIGSTOP'*) break ;;
        *gone*) cat tracer; exit 1 ;;
      esac
    done
    \(script)
    # What strace still has to tell must not wait for a reader.
    while read -r thread event <&3; do
      case $event in *'stopped by SIGSTOP'*) kill -CONT $thread ;; esac
    done &
    reader=$!
    read -r end <&4
    kill $reader
    """)
  return (directory, output)
}

/// Runs a write, stops its confined process behind the last barrier, and does something to it.
///
/// strace lets go of all before: it loses what it traces where that is killed while it is stopped. `$child` and
/// `$writer` are the process IDs in `then`; the file `written` gets what the write prints, and its status.
private func writeInspecting(then script: String) throws -> ScratchDirectory {
  let directory = try ScratchDirectory()
  try directory.run(
    """
    head -c 3000000 /dev/urandom >image
    yes old content 2>/dev/null | head -c 8388608 >stick
    cp stick before
    mkfifo trace ended
    exec 3<>trace 4<>ended
    # The signal that ends strace also ends what it has started itself.
    (
      sh -c 'echo $$ >tracer; exec strace -I 2 -f -q -o trace -e trace=seccomp -e inject=seccomp:signal=SIGSTOP "$@"' \
        sh sh -c '(
          "$0" "$@" >written 2>&1 & echo $! >writer; wait $!; echo "status $?" >>written; echo >&4
        ) & wait' \
        '\(program)' write image file:stick --yes --quiet 2>said
      echo "0 tracer gone" >&3
    ) &
    while read -r child event <&3; do
      case $event in
        *'stopped by SIGSTOP'*) break ;;
        *gone*) cat said; exit 1 ;;
      esac
    done
    kill $(cat tracer)
    wait $!
    writer=$(cat writer)
    \(script)
    read -r end <&4
    """)
  return directory
}

@Suite("R47: an image is looked at in a process that can do nothing else")
struct ConfinedInspectionTests {
  @Test("R32: it has no rights, one image, one pipe, and cannot get more")
  func confined() throws {
    let (directory, output) = try writeStopped(
      then: """
        cat /proc/$child/status
        cat /proc/$child/limits
        for descriptor in /proc/$child/fd/*; do echo "fd ${descriptor##*/} $(readlink $descriptor)"; done
        echo "environment $(wc -c </proc/$child/environ)"
        kill -CONT $child
        """)
    func field(_ name: String) -> String {
      let line = output.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
      return line.dropFirst(name.count).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
    for set in ["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"] { #expect(field(set) == "0000000000000000") }
    #expect(field("NoNewPrivs:") == "1")
    #expect(field("Seccomp:") == "2")
    #expect(field("Threads:") == "1")
    if geteuid() == 0 {
      #expect(field("Uid:") == "65534 65534 65534 65534")
      #expect(field("Gid:") == "65534 65534 65534 65534")
      #expect(field("Groups:") == "")
    }
    #expect(field("Max open files") == "0 0 files")
    #expect(field("Max core file size") == "0 0 bytes")
    #expect(field("Max file size") == "0 0 bytes")
    #expect(field("environment") == "0")
    let descriptors = output.split(separator: "\n").filter { $0.hasPrefix("fd ") }
    #expect(descriptors.count == 5)
    for number in 0...2 { #expect(field("fd \(number)") == "/dev/null") }
    #expect(field("fd 3") == directory.path + "/image")
    #expect(field("fd 4").hasPrefix("pipe:"))
    #expect(try directory.run("cat written").contains("status 0\n"), "and the write goes on")
    try directory.run("cmp -n 3000000 image stick")
  }

  @Test("it is killed: the write fails, and nothing was written")
  func killed() throws {
    let directory = try writeInspecting(then: "kill -KILL $child")
    let written = try directory.run("cat written")
    #expect(written.contains("[inspection-failed]"), "\(written)")
    #expect(written.contains("ended by signal 9"))
    #expect(written.contains("status 3\n"))
    try directory.run("cmp stick before")
  }

  @Test("a signal ends the run and that process too")
  func cancelled() throws {
    let directory = try writeInspecting(then: "kill -STOP $child; kill -TERM $writer")
    #expect(try directory.run("cat written").contains("status 143\n"))
    try directory.run("cmp stick before")
  }

  @Test("it says the same as an inspection in this process")
  func same() throws {
    let directory = try ScratchDirectory()
    try directory.run(
      """
      truncate -s 8M disk && printf 'label: gpt\\n,,U\\n' | sfdisk --quiet disk
      mkfs.vfat -C floppy 1440
      head -c 100000 /dev/urandom | gzip >packed
      gzip -c disk >disk.gz
      xz -T2 -0 --block-size=1MiB -c disk >disk.xz
      zstd -qc --long=27 <disk >disk.zst
      bzip2 -c disk >disk.bz2
      lz4 -qc disk >disk.lz4
      xz --format=lzma -0 -c disk >disk.lzma
      head -c 100000000 /dev/zero | xz -9 >zeroes
      head -c 1000 disk.xz >cut
      """)
    let packed = ["disk.gz", "disk.xz", "disk.zst", "disk.bz2", "disk.lz4", "disk.lzma", "zeroes", "cut"]
    for name in ["disk", "floppy", "packed"] + packed {
      let path = "\(directory.path)/\(name)"
      let report = try ImageInspector.inspect(FileBytes(opening: FilePath(path)))
      let json = try directory.run("'\(program)' inspect --json \(name)")
      #expect(json == report.json(path: name).indented.string + "\n", "\(name)")
    }
  }
}

@Suite("R51: what the confined process answers")
struct ConfinedAnswerTests {
  private static let answers: [ConfinedAnswer] = [
    ConfinedAnswer(confinement: Confinement(), content: .report(ImageReport(byteCount: 7))),
    ConfinedAnswer(
      confinement: Confinement(missing: [.landlock, .nobody]), content: .report(ImageReport(byteCount: .max))),
    ConfinedAnswer(
      confinement: Confinement(missing: [.callFilter]),
      content: .unreadable(SystemCallError(call: "pread", errno: .ioError), offset: 1 << 40)),
    ConfinedAnswer(
      confinement: Confinement(),
      content: .unconfined(SystemCallError(call: "setresuid", errno: .notPermitted))),
  ]

  @Test("arrives as it was sent", arguments: answers.indices)
  func roundTrip(index: Int) throws {
    let answer = Self.answers[index]
    #expect(try ConfinedAnswer(parsing: answer.bytes) == answer)
  }

  @Test("is refused where it is cut off, or of no known kind")
  func senseless() throws {
    let bytes = Self.answers[0].bytes
    for count in bytes.indices {
      #expect(throws: (any Error).self) { try ConfinedAnswer(parsing: Array(bytes.prefix(count))) }
    }
    #expect(throws: (any Error).self) { try ConfinedAnswer(parsing: [0, 3] + bytes.dropFirst(2)) }
    #expect(throws: (any Error).self) { try ConfinedAnswer(parsing: [8] + bytes.dropFirst(1)) }
    #expect(throws: (any Error).self) { try ConfinedAnswer(parsing: bytes + [0]) }
  }
}
