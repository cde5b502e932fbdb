import BlockIO
import DiskContainers

extension FuzzTarget {
  /// The containers of disks: QEMU's, those of other machines by a first byte that says which, Apple's and discs.
  public static let containers = [
    FuzzTarget(
      "qcow2",
      seeds: { [ContainerImages.qcow2(isPacked: false), ContainerImages.qcow2(isPacked: true)] },
      run: { look(at: $0, as: .qcow2) }),
    FuzzTarget(
      "machines",
      seeds: {
        let images = [
          ContainerImages.vmdk, ContainerImages.vhd(ofType: 2), ContainerImages.vhd(ofType: 3),
          ContainerImages.vdi, ContainerImages.vhdx,
        ]
        return zip([0, 1, 1, 2, 3], images).map { [$0] + SparseImage.records(of: $1, blockSize: 512) }
      },
      run: { bytes in
        let formats: [ContainerFormat] = [.vmdk, .vhd, .vdi, .vhdx]
        let image = SparseImage(Array(bytes.dropFirst()), blockSize: 512, blockCount: 6144)
        look(at: image, as: formats[Int(bytes.first ?? 0) % formats.count])
      }),
    FuzzTarget(
      "discs",
      seeds: { [ContainerImages.dmg, ContainerImages.rawDisc, ContainerImages.cueSheet] },
      run: { bytes in
        _ = try? CueSheet(parsing: bytes)
        look(at: bytes, as: .dmg)
        look(at: bytes, as: .rawDisc)
      }),
  ]

  /// How much of a disk is read, in bytes; more pretend to be one than are.
  private static let limit = 256 << 10

  private static func look(at file: some RandomAccessBytes, as format: ContainerFormat) {
    _ = try? RecognisedContainer(in: file)
    guard let disk = try? GuestDisk(format, in: file) else { return }
    _ = try? disk.stream().survey(mostExtents: 1000)
    guard var stream = try? disk.stream() else { return }
    var buffer = AlignedBuffer(byteCount: 32 << 10)
    while stream.position < limit {
      let start = stream.position
      guard let count = read(&stream, into: &buffer), count > 0 else { return }
      precondition(stream.position == start + UInt64(count) && stream.position <= disk.byteCount)
      precondition(stream.consumedByteCount <= file.byteCount)
      // Whoever looks at the disk sees what is written.
      let seen = try? disk.bytes(at: start, count: count)
      precondition(seen == buffer.copied(0..<count), "the way of reading makes a difference")
    }
  }
  private static func read(_ stream: inout GuestStream, into buffer: inout AlignedBuffer) -> Int? {
    var room = buffer.mutableBytes
    return try? stream.read(into: &room)
  }
}
