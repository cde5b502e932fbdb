public import BlockIO
public import ImageSource
import SystemPackage

/// An image in memory that can be told to misbehave.
public final class MemoryImage: ImageSource {
  /// What goes wrong.
  public enum Fault: Sendable {
    /// The file ends here, although it was longer when it was opened.
    case ends(at: UInt64)
    /// It is found changed at the end.
    case changed
    /// Reading fails at this offset.
    case unreadable(at: UInt64, ImageSourceError)
  }

  private let content: [UInt8]
  private let fault: Fault?
  /// The path that messages show.
  public let path = "memory.img"
  /// The state of some real file: nothing looks at it here.
  public let state: FileState

  /// Creates an image of bytes.
  public init(_ content: [UInt8], fault: Fault? = nil) throws {
    self.content = content
    self.fault = fault
    state = try FileState(of: OwnedDescriptor(opening: "/proc/self/exe"))
  }

  /// Its length in bytes.
  public var byteCount: UInt64 { UInt64(content.count) }

  /// Copies bytes out, or fails as told.
  public func read(
    at offset: UInt64, into buffer: inout AlignedBuffer, range: Range<Int>
  ) throws(ImageSourceError) -> Int {
    var end = UInt64(content.count)
    switch fault {
    case .ends(let place): end = min(end, place)
    case .unreadable(let place, let error) where place < offset + UInt64(range.count): throw error
    default: break
    }
    guard offset < end else { return 0 }
    let count = min(range.count, Int(end - offset))
    let slice = Array(content[Int(offset)..<(Int(offset) + count)])
    buffer.copy(from: slice.span, at: range.lowerBound)
    return count
  }

  /// Says that it is unchanged, unless told otherwise.
  public func requireUnchanged() throws(ImageSourceError) {
    if case .changed = fault { throw .changed(path: path) }
  }
}

extension [UInt8] {
  /// Random bytes, the same ones for the same seed.
  public static func random(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
      let number = generator.next()
      for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}
