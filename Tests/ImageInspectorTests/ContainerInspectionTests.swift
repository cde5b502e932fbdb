import BlockIO
import DiskContainers
import FuzzTargets
import TestSupport
import Testing

@testable import ImageInspector

@Suite("The disk in a container, as it would lie on a stick")
struct ContainerInspectionTests {
  private func packed(_ image: [UInt8], _ script: String) throws -> [UInt8] {
    let scratch = try ScratchDirectory()
    try scratch.write(image, to: "disk")
    try scratch.run(script)
    return try scratch.contents("packed")
  }

  @Test(
    "every fact, verdict and finding is that of the disk",
    arguments: [
      ("qcow2", "qemu-img convert -c -O qcow2 disk packed"),
      ("vmdk", "qemu-img convert -O vmdk -o subformat=streamOptimized disk packed"),
      ("vhd", "qemu-img convert -O vpc -o subformat=fixed,force_size=on disk packed"),
      ("vhdx", "qemu-img convert -O vhdx -o block_size=1M disk packed"),
      ("vdi", "qemu-img convert -O vdi disk packed"),
    ])
  func same(_ format: String, _ script: String) throws {
    for image in [HybridImage.build(), FATImageBuilder().build()] {
      // Every one of these formats can hold whole mebibytes.
      let disk = image + [UInt8](repeating: 0, count: -image.count & (1 << 20 - 1))
      let file = try packed(disk, script)
      var expected = try ImageInspector.inspect(disk)
      let count = UInt64(disk.count)
      expected.unpacked = .init(kind: expected.kind, byteCount: count, seenByteCount: count)
      expected.byteCount = UInt64(file.count)
      expected.compression = format
      expected.kind = .container
      if expected.verdict == .raw { expected.verdict = .decompress }
      expected.content = expected.content ?? nil
      #expect(try ImageInspector.inspect(file) == expected)
    }
  }

  @Test("what needs another file, or is damaged, is refused at its place, and nothing boots")
  func refused() throws {
    let disk = HybridImage.build() + [UInt8](repeating: 7, count: 1 << 20)
    let file = try packed(disk, "qemu-img convert -O qcow2 disk packed")
    let dependent = try packed(disk, "qemu-img create -f qcow2 -F raw -b /etc/shadow packed 1M")
    for (broken, id, words) in [
      (dependent, "container-unsupported", "another disk"),
      (Array(file.dropLast(300_000)), "container-damaged", "ended already"),
      (Array(file.prefix(50)), "container-damaged", "ended already"),
    ] {
      let report = try ImageInspector.inspect(broken)
      #expect(report.verdict == .refuse && report.kind == .container && report.unpacked?.seenByteCount == 0)
      #expect(report.boots.stickBIOS.value == .no)
      #expect(report.findings.map(\.id) == [id])
      #expect(report.findings[0].text.contains(words), "\(report.findings[0].text)")
    }
  }

  @Test("notes are told beside what the disk is")
  func notes() throws {
    let disk = HybridImage.build()
    let file = try packed(
      disk,
      "qemu-img convert -O qcow2 disk packed; qemu-img snapshot -c old packed; "
        + "printf '\\001' | dd of=packed bs=1 seek=79 conv=notrunc status=none")
    let report = try ImageInspector.inspect(file)
    #expect(Set(report.findings.map(\.id)).isSuperset(of: ["container-not-closed", "container-snapshots"]))
    #expect(report.verdict == .decompress)
  }

  @Test("a container in a container, and a compressed disk in one, would not boot")
  func nested() throws {
    let disk = HybridImage.build()
    for script in ["qemu-img convert -O qcow2 disk inside", "gzip -c disk >inside"] {
      let file = try packed(
        disk, "\(script); truncate -s %1M inside; qemu-img convert -f raw -O vdi inside packed")
      let report = try ImageInspector.inspect(file)
      #expect(report.verdict == .notBootable && report.findings.map(\.id) == ["packed-inside"])
    }
  }

  @Test(
    "a CUE sheet is no disc, and says which file is",
    arguments: [
      ("FILE \"disc.bin\" BINARY\nTRACK 01 MODE1/2352\n", "\"disc.bin\""),
      ("FILE \"../disc.bin\" BINARY\nTRACK 01 MODE1/2352\n", "lies elsewhere"),
      ("FILE \"disc.bin\" BINARY\nTRACK 01 MODE1/2352\nTRACK 02 AUDIO\n", "bchunk"),
      ("FILE \"disc.bin\" BINARY\nTRACK 01 AUDIO\n", "no data"), ("FILE \nTRACK 01\n", "no sense"),
    ])
  func cueSheet(_ text: String, _ words: String) throws {
    let report = try ImageInspector.inspect(Array(text.utf8))
    #expect(report.verdict == .convert && report.compression == "cue")
    #expect(report.findings.map(\.id) == ["container"])
    #expect(report.findings[0].text.contains(words), "\(report.findings[0].text)")
  }

  @Test("whoever made a container cannot keep the inspection busy")
  func bomb() throws {
    // A disk of 128 GiB, all of whose tables are one table.
    var file = try packed(
      [UInt8](repeating: 1, count: 1 << 20), "qemu-img convert -O qcow2 disk packed")
    let l1 = file[40..<48].reduce(0) { $0 << 8 | Int($1) }
    file.replaceSubrange(24..<32, with: [0, 0, 0, 0x20, 0, 0, 0, 0])
    file.replaceSubrange(36..<40, with: [0, 0, 1, 0])
    let entry = Array(file[l1..<l1 + 8])
    for index in 1..<256 { file.replaceSubrange(l1 + index * 8..<l1 + index * 8 + 8, with: entry) }
    let report = try ImageInspector.inspect(file)
    #expect(report.verdict == .refuse)
  }
}
