import BlockIO
import Decompression
import Unpacking

/// The beginning of a packed image, and why no more of it was unpacked (R49).
struct UnpackedBeginning {
  /// The bytes of the image, up to the limit.
  private(set) var bytes: [UInt8] = []
  /// What ended it.
  private(set) var end = UnpackedSight.End.limit
  /// The member of an archive that is the image.
  private(set) var member: String?
  /// What the file says of the length of the image, in bytes.
  private(set) var statedByteCount: UInt64?

  /// How much of the image is made at a time, in bytes.
  private static let pieceByteCount = 256 << 10

  /// Unpacks a file from its start until a limit is reached.
  init(
    _ file: some RandomAccessBytes, _ format: PackedFormat, member name: String?, _ limits: UnpackingLimits
  ) throws(InspectionError) {
    let deadline = ContinuousClock.now + limits.time
    let fileByteCount = min(limits.fileByteCount, format.lookedAtByteCount)
    let watch = UnpackingWatch { (consumed) throws(UnpackingError) in
      guard consumed < fileByteCount, ContinuousClock.now < deadline else {
        throw .reading(.budgetExhausted)
      }
    }
    // Pages are taken as they are filled, not all at once.
    bytes.reserveCapacity(limits.imageByteCount + Self.pieceByteCount)
    do throws(UnpackingError) {
      let unpacker = try Unpacker(
        InspectedFile(file), as: format, member: name, limits: .looking, watch: watch)
      (member, statedByteCount) = (unpacker.member, unpacker.statedByteCount)
      try unpack(with: unpacker, limits)
    } catch {
      switch error {
      // That there is no memory says nothing about the file.
      case .decoding(.outOfMemory, _), .reading(.budgetExhausted), .reading(.notLookedAt): end = .limit
      case .decoding(let error, let layer): end = .damaged(error, layer: layer)
      case .archive(let error): end = .noMember(error)
      case .container: preconditionFailure("the disk in a container is inspected where it lies")
      case .reading(.outOfBounds(_, _, let available)): end = .shrunk(available: available)
      case .reading(.system(let call, let offset)): throw .unreadable(call, offset: offset)
      }
    }
    if bytes.count > limits.imageByteCount { bytes.removeLast(bytes.count - limits.imageByteCount) }
  }

  private mutating func unpack(
    with unpacker: Unpacker, _ limits: UnpackingLimits
  ) throws(UnpackingError) {
    var output = AlignedBuffer(byteCount: Self.pieceByteCount)
    // One byte more than is wanted tells whether the image ends there.
    while bytes.count <= limits.imageByteCount {
      var room = output.mutableBytes
      let count = try unpacker.read(into: &room)
      bytes += output.copied(0..<count)
      guard count == Self.pieceByteCount else {
        if bytes.count <= limits.imageByteCount { end = .whole }
        return
      }
    }
  }
}

/// What is inspected, as what unpacks it wants to read it.
private struct InspectedFile<Bytes: RandomAccessBytes>: PackedInput {
  private let file: Bytes
  let isInOrder = false

  init(_ file: Bytes) { self.file = file }

  var byteCount: UInt64 { file.byteCount }

  func bytes(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8] {
    try file.bytes(at: offset, count: count)
  }

  func read(at offset: UInt64, into output: inout MutableRawSpan) throws(ByteReadError) -> Int {
    var bytes = try file.prefix(at: offset, upTo: output.byteCount)[...]
    return bytes.move(into: &output)
  }
}
