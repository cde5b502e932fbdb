import BlockIO
import Foundation
import Reader
import SystemPackage
import TestSupport
import Testing

private let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
  .deletingLastPathComponent().appending(path: "burin").path()

extension LoopDeviceTests {
  @Suite("A disk as a source")
  struct BackupTests {
    /// A device with some content and a program that works on it; `$B` is burin.
    private func loop(blockSize: Int = 512) throws -> LoopDevice {
      let loop = try LoopDevice(byteCount: 8 * mebibyte, blockSize: blockSize)
      try loop.scratch.write(.random(3 * mebibyte, seed: 12), to: "content")
      try loop.run("dd if=content of=$D bs=1M seek=2 conv=fsync status=none")
      return loop
    }

    /// Runs the program and returns its exit code with what it said.
    private func burin(_ loop: LoopDevice, _ arguments: String) throws -> (status: Int, text: String) {
      let text = try loop.run("status=0; '\(program)' \(arguments) || status=$?; echo; echo $status")
      let status = text.split(separator: "\n").last.flatMap { Int($0) } ?? -1
      return (status, text)
    }

    @Test("a backup is the disk, byte for byte", arguments: [512, 4096])
    func backup(blockSize: Int) throws {
      let loop = try loop(blockSize: blockSize)
      for options in ["out", "--zstd packed"] {
        let result = try burin(loop, "backup $D \(options)")
        #expect(result.status == 0, "\(result.text)")
      }
      try loop.run(
        "cmp out medium && zstd -dcq packed | cmp - medium && sha256sum --check out.sha256 packed.sha256")
    }

    @Test("a clone is the disk, byte for byte, and verify says so")
    func clone() throws {
      let loop = try loop()
      try loop.run("truncate --size=9M stick")
      let result = try burin(loop, "write $D file:stick --yes --no-undo")
      #expect(result.status == 0, "\(result.text)")
      #expect(result.text.contains("a copy of") || result.text.contains("now holds"))
      try loop.run("cmp --bytes=\(8 * mebibyte) medium stick")
      #expect(try burin(loop, "verify $D file:stick").status == 0)
      try loop.run("flip stick 3000000")
      #expect(try burin(loop, "verify $D file:stick").status == 1)
    }

    @Test("R20: a disk is not cloned onto itself, by whatever name")
    func cloneOntoItself() throws {
      let loop = try loop()
      for target in ["$D --allow-loop --confirm x", "file:medium"] {
        let result = try burin(loop, "write $D \(target) --yes --no-undo")
        #expect(result.status == 2, "\(result.text)")
        #expect(
          result.text.contains("[target-holds-image]") || result.text.contains("[target-in-use]"),
          "\(result.text)")
      }
      let before = try loop.contents()
      try loop.run(
        "D2=$(losetup --find --show $D); '\(program)' write $D2 $D --yes --allow-loop --no-undo; s=$?; losetup -d $D2; test $s = 2"
      )
      #expect(try loop.contents().holds(before))
    }

    @Test("a disk that is mounted for writing is neither cloned nor backed up, unless that is asked for")
    func mounted() throws {
      let loop = try LoopDevice(byteCount: 16 * mebibyte)
      try loop.run("mkfs.ext4 $whole -F $D; mkdir mnt; mount $D mnt; truncate --size=20M stick")
      for arguments in ["backup $D out", "write $D file:stick --yes --no-undo"] {
        let result = try burin(loop, arguments)
        #expect(result.status == 3, "\(result.text)")
        #expect(result.text.contains("[source-in-use]"))
      }
      let itself = try burin(loop, "backup $D mnt/out")
      #expect(itself.status == 2)
      #expect(itself.text.contains("[backup-onto-itself]"))
      let asked = try burin(loop, "backup $D out --in-use")
      #expect(asked.status == 0, "\(asked.text)")
      #expect(asked.text.contains("in use"))
      try loop.run("umount mnt; mount -o ro $D mnt")
      let readOnly = try burin(loop, "backup $D still")
      #expect(readOnly.status == 0, "\(readOnly.text)")
      try loop.run("cmp still medium")
    }

    @Test("nobody can mount a disk while it is read")
    func exclusive() throws {
      let loop = try LoopDevice(byteCount: 16 * mebibyte)
      try loop.run("mkfs.ext4 $whole -F $D; mkdir mnt")
      let number = try #require(
        DeviceNumber(loop.run("cat /sys/block/\(loop.name)/dev").filter { $0 != "\n" }))
      func readMeanwhile() throws {
        let disk = try SourceDisk(
          opening: loop.path, expecting: number, diskSequence: nil, exclusively: true)
        #expect(disk.isDirect)
        #expect(throws: ScratchDirectory.ToolFailure.self) { try loop.run("mount $D mnt") }
        #expect(try disk.changedByteCount() == 0)
      }
      try readMeanwhile()
      try loop.run("mount $D mnt")
      #expect(throws: BackupError.busy) {
        try SourceDisk(opening: loop.path, expecting: number, diskSequence: nil, exclusively: true)
      }
    }

    @Test("R29: what is written to a disk while it is read is noticed, and so is another medium")
    func changes() throws {
      let loop = try loop()
      let number = try #require(
        DeviceNumber(loop.run("cat /sys/block/\(loop.name)/dev").filter { $0 != "\n" }))
      let disk = try SourceDisk(opening: loop.path, expecting: number, diskSequence: nil, exclusively: false)
      try loop.run("dd if=content of=$D bs=4096 count=2 conv=fsync status=none")
      #expect(try disk.changedByteCount() == 8192)
      try loop.run("truncate --size=6M medium; losetup --set-capacity $D")
      #expect(throws: BackupError.replaced) { try disk.changedByteCount() }
    }

    @Test("a full disk leaves no file, and the exit code says it")
    func full() throws {
      let loop = try LoopDevice(byteCount: 4 * mebibyte)
      try loop.run("mkfs.ext4 $whole -F $D; mkdir mnt; mount $D mnt")
      try loop.scratch.write(.random(8 * mebibyte, seed: 13), to: "stick")
      for options in ["", "--zstd"] {
        let result = try burin(loop, "backup file:stick mnt/out \(options)")
        #expect(result.status == 8, "\(result.text)")
        #expect(result.text.contains("[backup-not-saved]"))
      }
      #expect(try loop.run("ls -A mnt") == "lost+found\n")
      try loop.run("echo old >mnt/out")
      let kept = try burin(loop, "backup --zstd --force file:stick mnt/out")
      #expect(kept.status == 8, "\(kept.text)")
      #expect(kept.text.contains("mnt/out, as it was before"), "\(kept.text)")
      #expect(!kept.text.contains("--zstd"), "\(kept.text)")
      #expect(try loop.run("cat mnt/out") == "old\n")
    }
  }
}
