import BlockIO
import Decompression
import Foundation
import Glibc
import ImageSource
import Sandbox
import TestSupport
import Testing

/// The program that was built together with this test.
private let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
  .deletingLastPathComponent().appending(path: "burin").path()

/// A pass over a compressed file whose decoder waits for its reader.
private struct WaitingDecoder {
  let scratch: ScratchDirectory
  let stream: any ImageStream
  let process: String

  /// Packs what a script prints, and begins to decode it.
  init(_ script: String, isShown: Bool = true) throws {
    scratch = try ScratchDirectory()
    try scratch.run("set -e; { \(script); } >packed")
    let path = "\(scratch.path)/packed"
    let image = try #require(
      try CompressedImage(in: RawImage(opening: path, acceptsDevice: false), program: program))
    stream = try isShown ? image.start() : image.startUnshown()
    process = String(try #require(stream.children.first))
  }

  /// Reads so many MiB of the image.
  func read(_ count: Int) throws {
    var buffer = AlignedBuffer(byteCount: 1 << 20)
    for _ in 0..<count {
      let done = try stream.read(into: &buffer, range: 0..<1 << 20)
      #expect(done == 1 << 20)
    }
  }

  /// A field of `/proc/PID/status`, of every thread.
  func fields(_ name: String) throws -> [String] {
    try scratch.run("cat /proc/\(process)/task/*/status").split(separator: "\n")
      .filter { $0.hasPrefix(name + ":") }
      .map { $0.dropFirst(name.count + 1).split(whereSeparator: \.isWhitespace).joined(separator: " ") }
  }
}

@Suite("R47: compressed images are decoded in a process that can do nothing else")
struct ConfinedDecodingTests {
  @Test(
    "R32: no thread of it has rights; it has a file, a pipe and a socket to listen to, and cannot get more",
    arguments: [true, false])
  func confined(isShown: Bool) throws {
    let decoder = try WaitingDecoder(
      "head -c 50000000 /dev/zero | xz -0 -T0 --block-size=1000000", isShown: isShown)
    try decoder.read(1)
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
      #expect(Set(try decoder.fields(set)) == ["0000000000000000"])
    }
    #expect(Set(try decoder.fields("NoNewPrivs")) == ["1"])
    #expect(Set(try decoder.fields("Seccomp")) == ["2"])
    if geteuid() == 0 {
      #expect(Set(try decoder.fields("Uid")) == ["65534 65534 65534 65534"])
      #expect(Set(try decoder.fields("Gid")) == ["65534 65534 65534 65534"])
      #expect(Set(try decoder.fields("Groups")) == [""])
    }
    let limits = try decoder.scratch.run("cat /proc/\(decoder.process)/limits")
    for line in [
      "Max open files            0 ", "Max core file size        0 ", "Max file size             0 ",
    ] {
      #expect(limits.contains(line))
    }
    #expect(try decoder.scratch.run("wc -c </proc/\(decoder.process)/environ") == "0\n")
    let descriptors = try decoder.scratch.run(
      "cd /proc/\(decoder.process)/fd; for number in *; do echo $number $(readlink $number); done"
    )
    .split(separator: "\n")
    #expect(descriptors.count == 6)
    #expect(descriptors.prefix(3) == ["0 /dev/null", "1 /dev/null", "2 /dev/null"])
    #expect(descriptors[3].hasPrefix(isShown ? "3 pipe:" : "3 \(decoder.scratch.path)/packed"))
    #expect(descriptors[4].hasPrefix("4 pipe:"))
    #expect(descriptors[5].hasPrefix("5 socket:"))
    #expect(
      try decoder.scratch.run("grep -c 'rw-s .*/memfd:burin' /proc/\(decoder.process)/maps") == "1\n",
      "what it shares stays, but for its descriptor")
    // As many as there are processors, as far as the process is allowed to have them.
    #expect(try decoder.fields("Seccomp").count > 1 || sysconf(CInt(_SC_NPROCESSORS_ONLN)) == 1)
  }

  @Test("it is killed: what it gave so far is no image")
  func killed() throws {
    let decoder = try WaitingDecoder("head -c 50000000 /dev/zero | zstd -c")
    try decoder.read(1)
    try decoder.scratch.run("kill -KILL \(decoder.process)")
    var buffer = AlignedBuffer(byteCount: 1 << 20)
    var failure: PackedImageError?
    // What the pipe still holds comes first.
    for _ in 0..<50 where failure == nil {
      do throws(ImageSourceError) { _ = try decoder.stream.read(into: &buffer, range: 0..<1 << 20) } catch {
        if case .packed(let error, _) = error { failure = error }
      }
    }
    guard case .decoder(.killed(signal: SIGKILL), _) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
  }

  @Test("it is killed while its image is written: the write fails, and the head is zero")
  func killedMidWrite() throws {
    let scratch = try ScratchDirectory()
    let written = try scratch.run(
      """
      # Longer than what is decoded before anything is written, and then something that takes its time.
      head -c 64000000 /dev/zero | bzip2 >packed
      head -c 8000000 /dev/urandom | bzip2 >part
      cat part part >>packed
      yes old content 2>/dev/null | head -c 100663296 >stick
      '\(program)' write packed file:stick --yes --quiet >written 2>&1 &
      # The old beginning is gone: the image is on its way.
      until cmp -s -n 1048576 stick /dev/zero; do kill -0 $! || break; done
      # Its decoder may only be about to begin; found without a program of its own for each look.
      while decoder=; kill -0 $!; do
        for list in /proc/$!/task/*/children; do
          read -r decoder others <$list
          if [ -n "$decoder" ] && grep -q confined-decoding /proc/$decoder/cmdline; then break 2; fi
        done
      done
      kill -KILL $decoder
      wait $! || echo "status $?" >>written
      cat written
      cmp -n 1048576 stick /dev/zero
      """)
    #expect(written.contains("[decoding-failed]"), "\(written)")
    #expect(written.contains("ended by signal 9"))
    #expect(written.contains("incomplete and not bootable"))
    #expect(written.contains("status 3\n"))
  }

  @Test("it ends with whoever reads it, also with one that was killed")
  func abandoned() throws {
    let scratch = try ScratchDirectory()
    let status = try scratch.run(
      """
      head -c 50000000 /dev/zero | gzip -1 >packed
      truncate -s 16M ring
      bash -c '"$0" confined-decoding 3<packed 4>&1 5</dev/zero 6<>ring | head -c 30 >/dev/null; echo ${PIPESTATUS[0]}' \
        '\(program)'
      """)
    // A test may have inherited that SIGPIPE is ignored; then the decoder ends by itself.
    #expect(["\(128 + SIGPIPE)\n", "1\n"].contains(status))
    // It waits until there is room again, and nobody is there any more who would say so.
    let waiting = try scratch.run(
      "'\(program)' confined-decoding 3<packed 4>/dev/null 5</dev/null 6<>ring; echo $?")
    #expect(waiting == "1\n")
    var process: String?
    do {
      let decoder = try WaitingDecoder("head -c 50000000 /dev/zero | gzip -1")
      process = decoder.process
    }
    #expect(kill(try #require(process.flatMap { pid_t($0) }), 0) == -1)
  }

  @Test(
    "R49: a bomb takes no more memory than an image that holds the same",
    arguments: [
      "head -c 300000000 /dev/zero | xz -1 -T2", "head -c 300000000 /dev/zero | xz -6 -T2",
      "head -c 300000000 /dev/zero | xz -9 -T1", "head -c 300000000 /dev/zero | zstd --long=27 -c",
      "head -c 300000000 /dev/zero | bzip2 -9", "head -c 300000000 /dev/zero | gzip -1",
      "head -c 300000000 /dev/zero | lz4 -B7 -c",
    ])
  func bombs(script: String) throws {
    let decoder = try WaitingDecoder(script)
    // The rest is more than the ring takes: the decoder is still there.
    try decoder.read(260)
    let peak = try #require(
      try decoder.fields("VmHWM").compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }.max())
    let limits = DecodingLimits(processors: sysconf(CInt(_SC_NPROCESSORS_ONLN)))
    let allowed = max(200 << 20, Int(limits.threadedMemory) + 24 << 20)
    #expect(peak << 10 < allowed, "\(peak) KiB")
  }
}
