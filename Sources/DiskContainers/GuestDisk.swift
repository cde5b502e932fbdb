public import BlockIO
import Decompression
import Synchronization

/// A disk in a container: its bytes at any place, for those who look at it.
///
/// The container is not believed more than it has to be: every place that it names is checked, no table is held as a
/// whole, and what takes part in a read is a few megabytes (R49).
public final class GuestDisk: RandomAccessBytes {
  /// The longest disk in bytes; no medium comes near.
  static let longest: UInt64 = 1 << 50

  private let state: Mutex<GuestReader>
  /// What the container is.
  public let format: ContainerFormat
  /// The length of the disk in bytes.
  public let byteCount: UInt64
  /// What is odd about the container.
  public let notes: Set<ContainerNote>
  /// How many sectors of a raw disc are left out, because they lie behind the end of its volume and have no data of a
  /// computer.
  public let leftOutSectorCount: UInt64
  /// Whether checksums prove the whole disk where it is read to its end, as far as that is known before.
  let checksums: [GuestChecksum]
  private let foundFault = Mutex<ContainerError?>(nil)

  /// Reads the headers and the first tables of a container.
  /// - Throws: ``ContainerError``.
  public init(_ format: ContainerFormat, in file: any RandomAccessBytes) throws(ContainerError) {
    var metadata = MetadataReader(file)
    let map: any GuestMap =
      switch format {
      case .qcow2: try QCOW2Map(in: &metadata)
      case .vmdk: try VMDKMap(in: &metadata)
      case .vhd: try VHDMap(in: &metadata)
      case .vhdx: try VHDXMap(in: &metadata)
      case .vdi: try VDIMap(in: &metadata)
      case .dmg: try DMGMap(in: &metadata)
      case .rawDisc: try RawDiscMap(in: &metadata)
      }
    guard map.byteCount > 0 else { throw .damaged(.length, offset: 0) }
    self.format = format
    byteCount = map.byteCount
    notes = map.notes
    leftOutSectorCount = map.leftOutSectorCount
    checksums = map.checksums
    state = Mutex(GuestReader(map, metadata))
  }

  /// Begins to read the disk from its start to its end.
  public func stream() throws(ContainerError) -> GuestStream { try GuestStream(self, state.withLock(\.self)) }

  /// What was found wrong with the container where it was looked at last; nil where nothing was.
  public var fault: ContainerError? { foundFault.withLock { $0 } }

  /// Reads exactly `count` bytes.
  /// - Throws: ``ByteReadError/notLookedAt(offset:)`` where the container is damaged; ``fault`` says how.
  public func bytes(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8] {
    try requireInBounds(offset: offset, count: count)
    do throws(ContainerError) {
      return try state.withLock { reader throws(ContainerError) in
        try reader.bytes(at: offset, count: count)
      }
    } catch {
      switch error {
      case .unreadable(let call, let place): throw .system(call, offset: place)
      case .budgetExhausted: throw .budgetExhausted
      default:
        foundFault.withLock { $0 = error }
        throw .notLookedAt(offset: offset)
      }
    }
  }
}
