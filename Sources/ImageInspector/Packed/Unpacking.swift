import BlockIO
import Decompression

/// The beginning of a packed image, and why no more of it was unpacked (R49).
struct Unpacking {
  /// What ended it.
  enum End: Hashable {
    /// The image ended, and everything that speaks for that was found true.
    case whole
    /// A limit was reached.
    case limit
    /// The file cannot be unpacked.
    case damaged(DecodingError)
    /// The file became shorter than it was; its length now, in bytes.
    case shrunk(available: UInt64)
  }

  /// The bytes of the image, up to the limit.
  let beginning: [UInt8]
  /// What ended it.
  let end: End

  private enum Fault: Error {
    case decoding(DecodingError)
    case reading(ByteReadError)
  }

  /// Unpacks a file from its start until a limit is reached.
  init(
    _ file: some RandomAccessBytes, _ format: CompressionFormat, _ limits: UnpackingLimits
  ) throws(InspectionError) {
    var image: [UInt8] = []
    do throws(Fault) {
      let isWhole = try Self.unpack(file, format, limits, into: &image)
      end = isWhole && image.count <= limits.imageByteCount ? .whole : .limit
    } catch {
      switch error {
      // That there is no memory says nothing about the file.
      case .decoding(.outOfMemory), .reading(.budgetExhausted), .reading(.notLookedAt): end = .limit
      case .decoding(let error): end = .damaged(error)
      case .reading(.outOfBounds(_, _, let available)): end = .shrunk(available: available)
      case .reading(.system(let call, let offset)): throw .unreadable(call, offset: offset)
      }
    }
    if image.count > limits.imageByteCount { image.removeLast(image.count - limits.imageByteCount) }
    beginning = image
  }

  /// How much of the file is read and how much of the image is made at a time, in bytes.
  private static let (inputPiece, outputPiece) = (64 << 10, 256 << 10)

  /// - Returns: whether the image ended.
  private static func unpack(
    _ file: some RandomAccessBytes, _ format: CompressionFormat, _ limits: UnpackingLimits,
    into image: inout [UInt8]
  ) throws(Fault) -> Bool {
    // Pages are taken as they are filled, not all at once.
    image.reserveCapacity(limits.imageByteCount + outputPiece)
    var output = AlignedBuffer(byteCount: outputPiece)
    let deadline = ContinuousClock.now + limits.time
    var decompressor: Decompressor
    do throws(DecodingError) { decompressor = try Decompressor(format, limits: .looking) } catch {
      throw .decoding(error)
    }
    // One byte more than is wanted tells whether the image ends there.
    while image.count <= limits.imageByteCount {
      let place = decompressor.consumedByteCount
      guard place < limits.fileByteCount, ContinuousClock.now < deadline else { return false }
      let input: [UInt8]
      do throws(ByteReadError) { input = try file.prefix(at: place, upTo: inputPiece) } catch {
        throw .reading(error)
      }
      var room = output.mutableBytes
      let step: DecodingStep
      do throws(DecodingError) {
        step = try decompressor.step(
          input.span, isLast: place + input.byteCount == file.byteCount, into: &room)
      } catch { throw .decoding(error) }
      image += output.copied(0..<step.produced)
      if step.isAtEnd { return true }
    }
    return false
  }
}
