import BlockIO
import DiskContainers
import TestSupport
import Testing

/// A way in which QEMU keeps a disk.
struct Conversion: CustomTestStringConvertible, Sendable {
  let format: ContainerFormat
  let options: String

  init(_ format: ContainerFormat, _ options: String) {
    self.format = format
    self.options = options
  }

  var testDescription: String { "\(format) \(options)" }

  static let all: [Conversion] = [
    .init(.qcow2, "-O qcow2"),
    .init(.qcow2, "-O qcow2 -o compat=0.10"),
    .init(.qcow2, "-O qcow2 -o cluster_size=512"),
    .init(.qcow2, "-O qcow2 -o cluster_size=2M"),
    .init(.qcow2, "-O qcow2 -o extended_l2=on,cluster_size=128k"),
    .init(.qcow2, "-O qcow2 -o preallocation=metadata"),
    .init(.qcow2, "-O qcow2 -o preallocation=full,lazy_refcounts=on"),
    .init(.qcow2, "-c -O qcow2"),
    .init(.qcow2, "-c -O qcow2 -o compat=0.10,cluster_size=4k"),
    .init(.qcow2, "-c -O qcow2 -o compression_type=zstd"),
    .init(.qcow2, "-c -O qcow2 -o compression_type=zstd,extended_l2=on,cluster_size=16k"),
    .init(.vmdk, "-O vmdk"),
    .init(.vmdk, "-O vmdk -o subformat=monolithicSparse,zeroed_grain=on,compat6"),
    .init(.vmdk, "-O vmdk -o subformat=streamOptimized"),
    .init(.vhd, "-O vpc -o subformat=dynamic,force_size=on"),
    .init(.vhd, "-O vpc -o subformat=fixed,force_size=on"),
    .init(.vhdx, "-O vhdx -o subformat=dynamic,block_size=1M"),
    .init(.vhdx, "-O vhdx -o subformat=fixed,block_size=1M"),
    .init(.vdi, "-O vdi"),
    .init(.vdi, "-O vdi -o static=on"),
  ]

  /// Keeps a disk in a directory that disappears.
  func pack(_ disk: [UInt8]) throws -> [UInt8] {
    let scratch = try ScratchDirectory()
    try scratch.write(disk, to: "disk")
    try scratch.run("qemu-img convert -f raw \(options) disk packed")
    return try scratch.contents("packed")
  }
}

@Suite("Disks that QEMU has packed")
struct ConversionTests {
  @Test("are read byte for byte, whatever the pattern of their clusters", arguments: Conversion.all)
  func reads(_ conversion: Conversion) throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of \(conversion.testDescription): \(seed)")
    // Whole mebibytes: VMDK and VDI know no other disks. Blocks have two of them.
    let hasBlocks = [.vhd, .vhdx, .vdi].contains(conversion.format)
    let image = patchwork(hasBlocks ? 3 << 20 : 1 << 20, seed: seed)
    let packed = try conversion.pack(image)
    #expect(try RecognisedContainer(in: packed) == .readable(conversion.format))
    let disk = try opened(packed)
    #expect(disk.byteCount == image.byteCount)
    let content = try content(of: disk)
    #expect(content.bytes == image)
    #expect(!content.isChecked)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<20 {
      let start = Int.random(in: 0..<image.count, using: &generator)
      let count = Int.random(in: 0...min(image.count - start, 200_000), using: &generator)
      #expect(try disk.bytes(at: UInt64(start), count: count) == Array(image[start..<start + count]))
    }
  }

  @Test(
    "need not end where a cluster ends",
    arguments: Conversion.all.filter { [.qcow2, .vhd, .vhdx].contains($0.format) })
  func oddLength(_ conversion: Conversion) throws {
    let image = patchwork((1 << 20) + 512 * 77, seed: 5) + [UInt8](repeating: 0x55, count: 512)
    let disk = try opened(try conversion.pack(image))
    #expect(try content(of: disk).bytes == image)
  }

  @Test("R49: a file that was cut off is noticed, wherever that was", arguments: Conversion.all)
  func cutOff(_ conversion: Conversion) throws {
    let image = [UInt8].random(1 << 20, seed: 1)
    let packed = try conversion.pack(image)
    for part in 1...12 {
      // Behind the last cluster may lie what only a writer needs.
      let length = packed.count * part / 13
      let cut = Array(packed.prefix(length))
      let result = Result { try content(of: opened(cut)).bytes }
      let isNoticed = (try? result.get()).map { $0 == image } ?? true
      #expect(isNoticed, "cut to \(length) of \(packed.count) bytes")
      if part < 12 { #expect((try? result.get()) == nil, "cut to \(length) of \(packed.count) bytes") }
    }
  }

  @Test("a survey finds what reading would find, without reading", arguments: Conversion.all)
  func survey(_ conversion: Conversion) throws {
    let image = [UInt8].random(1 << 20, seed: 2)
    let packed = try conversion.pack(image)
    #expect(try opened(packed).stream().survey(mostExtents: 10_000) == image.byteCount)
    guard let broken = try? opened(Array(packed.prefix(packed.count * 3 / 4))) else { return }
    #expect(throws: ContainerError.self) { try broken.stream().survey(mostExtents: 10_000) }
  }
}

@Suite("Disks of which a file is only a part, or that are not read here")
struct RefusedConversionTests {
  private func made(_ script: String, _ name: String = "packed") throws -> [UInt8] {
    let scratch = try ScratchDirectory()
    try scratch.write(patchwork(1 << 20, seed: 3), to: "disk")
    try scratch.run(script)
    return try scratch.contents(name)
  }

  @Test(
    "are refused with what they need",
    arguments: [
      ("qemu-img create -f qcow2 -F raw -b disk packed", ContainerNeed.parentFile),
      ("qemu-img create -f qcow2 -o data_file=other,data_file_raw=on packed 1M", .dataFile),
      (
        "qemu-img create -f qcow2 packed 1M; printf '\\002' | dd of=packed bs=1 seek=35 conv=notrunc status=none",
        .key
      ),
      (
        "qemu-img create -f qcow2 packed 1M; printf '\\002' | dd of=packed bs=1 seek=79 conv=notrunc status=none",
        .repair
      ),
      (
        "qemu-img create -f qcow2 packed 1M; printf '\\100' | dd of=packed bs=1 seek=79 conv=notrunc status=none",
        .feature
      ),
      (
        "qemu-img create -f vmdk base 1M; qemu-img create -f vmdk -F vmdk -b base packed", .parentFile
      ),
      (
        "qemu-img convert -O vmdk -o subformat=twoGbMaxExtentSparse disk a.vmdk; mv a-s001.vmdk packed",
        .dataFile
      ),
    ])
  func refused(_ script: String, _ need: ContainerNeed) throws {
    let packed = try made(script)
    #expect(throws: ContainerError.needs(need)) { try opened(packed) }
  }

  @Test(
    "are named",
    arguments: [
      ("qemu-img convert -O vmdk -o subformat=monolithicFlat disk packed", ForeignContainer.vmdkDescriptor),
      ("qemu-img convert -O qcow disk packed", .qcow), ("qemu-img convert -O qed disk packed", .qed),
      ("qemu-img convert -O parallels disk packed", .parallels),
    ])
  func named(_ script: String, _ format: ForeignContainer) throws {
    #expect(try RecognisedContainer(in: try made(script)) == .foreign(format))
  }

  @Test("older states of a disk are left out, with a note")
  func snapshots() throws {
    let packed = try made(
      "qemu-img convert -O qcow2 disk packed; qemu-img snapshot -c old packed; qemu-io -c 'write -P 7 0 64k' packed"
    )
    let disk = try opened(packed)
    #expect(disk.notes == [.hasSnapshots])
    let rest = patchwork(1 << 20, seed: 3).dropFirst(65_536)
    #expect(try content(of: disk).bytes == [UInt8](repeating: 7, count: 65_536) + rest)
  }

  @Test("one that nobody closed is read, with a note")
  func dirty() throws {
    let packed = try made(
      "qemu-img convert -O qcow2 disk packed; printf '\\001' | dd of=packed bs=1 seek=79 conv=notrunc status=none"
    )
    let disk = try opened(packed)
    #expect(disk.notes == [.notClosed])
    #expect(try content(of: disk).bytes == patchwork(1 << 20, seed: 3))
  }

  @Test("a disk's own bytes are no container")
  func raw() throws {
    #expect(try RecognisedContainer(in: patchwork(1 << 20, seed: 4)) == nil)
    #expect(try RecognisedContainer(in: [UInt8]()) == nil)
    #expect(try RecognisedContainer(in: [UInt8](repeating: 0, count: 511)) == nil)
    // Somebody's text behind a disk is no footer without its checksum.
    let trailer = Array("conectix".utf8) + [UInt8](repeating: 0, count: 504)
    #expect(try RecognisedContainer(in: [UInt8](repeating: 1, count: 1024) + trailer) == nil)
  }
}
