import BlockIO
import DeviceProbe
import DeviceSafety
import ImageInspector
import ImageSource
import Reader
import SystemPackage
import Terminal
import Unpacking

/// The disk that is read: what it is, who uses it, and how much of it is wanted.
struct BackupSource {
  /// What the argument names.
  let found: TargetLookup
  /// Who uses it.
  let uses: SourceUses
  /// The open disk.
  let disk: SourceDisk
  /// How many bytes of it are wanted, from the start on.
  let byteCount: UInt64

  /// Looks a disk up and opens it, if it may be read into this file.
  init(_ order: BackupOrder, in context: Context) throws(Refusal) {
    let snapshot = context.snapshot([AnchorRequest(.output, path: order.file)], nil)
    do throws(GateError) {
      found = try TargetLookup(TargetArgument(parsing: order.device), in: snapshot)
      guard found.geometry.byteCount > 0 else { throw .noMedium(path: found.path) }
    } catch { throw Refusal(diagnostic: Diagnostic(error, target: order.device)) }
    uses = SourceUses(of: found, in: snapshot)
    guard uses.outputs.isEmpty, !Self.isSame(found, order.file) else {
      throw Refusal(diagnostic: .backupOntoItself(order.device, uses.outputs))
    }
    guard uses.writers.isEmpty || order.acceptsUse else {
      throw Refusal(diagnostic: .sourceInUse(order.device, uses.writers, option: "--in-use"))
    }
    do throws(BackupError) {
      disk = try SourceDisk(
        opening: found.path, expecting: found.disk?.number, diskSequence: found.disk?.diskSequence,
        exclusively: !order.acceptsUse && !uses.isMounted)
    } catch { throw Refusal(diagnostic: Diagnostic(error, order, signal: nil)) }
    if order.form == .zstd { try Self.requireUnpacked(disk, order) }
    byteCount = order.endsWithPartitions ? try Self.end(of: disk, order, in: context) : disk.byteCount
  }

  /// Whether a virtual stick is the very file that is to be replaced.
  private static func isSame(_ found: TargetLookup, _ file: String) -> Bool {
    guard found.disk == nil, let source = try? FileState(at: FilePath(found.path)),
      let output = try? FileState(at: FilePath(file))
    else { return false }
    return source.inode == output.inode && source.fileSystem == output.fileSystem
  }

  /// Refuses to pack a disk that begins like a packed file: whoever unpacks the backup would unpack that as well.
  private static func requireUnpacked(_ disk: SourceDisk, _ order: BackupOrder) throws(Refusal) {
    var buffer = AlignedBuffer(byteCount: max(disk.blockSize, AlignedBuffer.alignment))
    // What cannot be read is told where everything is read.
    guard let count = try? disk.read(at: 0, into: &buffer, range: 0..<buffer.byteCount) else { return }
    let beginning = buffer.copied(0..<min(count, PackedFormat.prefixByteCount))
    guard let format = PackedFormat(prefix: beginning) else { return }
    throw Refusal(diagnostic: .backupPackedTwice(order.device, format.text))
  }

  /// Where the last partition ends, or what else must be kept, in bytes.
  private static func end(
    of disk: SourceDisk, _ order: BackupOrder, in context: Context
  ) throws(Refusal) -> UInt64 {
    let image: RawImage
    do throws(ImageSourceError) { image = try RawImage(opening: disk.path, acceptsDevice: true) } catch {
      throw Refusal(diagnostic: Diagnostic(error, image: order.device))
    }
    let report: ImageReport
    do throws(Refusal) { report = try context.inspect(image, nil).report } catch {
      // R31: a disk that was pulled is not taken for one with bad places.
      guard error.diagnostic.id == .imageUnreadable, disk.isPresent else { throw error }
      throw Refusal(diagnostic: .backupTableUnreadable(order, error.diagnostic.because))
    }
    guard let end = report.leastKeptEnd(blockSize: UInt64(disk.blockSize)) else {
      throw Refusal(diagnostic: .backupNoTable(order.device))
    }
    guard end < disk.byteCount else { return disk.byteCount }
    guard !report.dependsOnSecondGPT else {
      throw Refusal(diagnostic: .backupTableLost(order.device))
    }
    return end
  }

  /// How many bytes are left out behind the last partition.
  var leftOutByteCount: UInt64 { disk.byteCount - byteCount }

  /// What it is called.
  var name: SanitizedText { found.disk?.nameText ?? "the virtual stick" }
}

extension ImageReport {
  /// Where the last partition ends, or the file system from byte 0 on if that is longer; nil without a partition.
  ///
  /// A disc image on a stick may have a table that names only a part of it.
  /// - Parameter blockSize: as for ``lastPartitionEnd(blockSize:)``.
  func leastKeptEnd(blockSize: UInt64) -> UInt64? {
    guard let last = lastPartitionEnd(blockSize: blockSize) else { return nil }
    // ECMA-119 8.4.8: the volume space, padding included, in blocks of 2048 bytes.
    let (bytes, isPastAll) = (volume?.blocks ?? 0).multipliedReportingOverflow(by: 2048)
    return max(last, leastByteCount ?? 0, isPastAll ? .max : bytes)
  }

  /// Whether there is a GPT whose first copy is of no use, so that only the second may tell of the partitions.
  var dependsOnSecondGPT: Bool {
    guard let gpt, gpt.backup != .missing else { return false }
    return !gpt.headerValid || !gpt.entriesValid
  }

  /// Where the last partition of any table ends, in bytes; nil where there is none.
  ///
  /// Where a table says what is impossible, everything counts as used.
  /// - Parameter blockSize: what an MBR counts in, in bytes, unless there is a GPT that says otherwise.
  func lastPartitionEnd(blockSize: UInt64) -> UInt64? {
    let unit = gpt.map { UInt64($0.sectorSize) } ?? blockSize
    var ends = (gpt?.partitions ?? []).map { partition -> UInt64 in
      let (blocks, isPastAll) = partition.lastLBA.addingReportingOverflow(1)
      return isPastAll ? .max : blocks
    }
    ends += (mbr?.entries ?? []).filter { $0.type != 0xEE }.map { UInt64($0.startLBA) + UInt64($0.sectors) }
    guard let last = ends.max() else { return nil }
    let (bytes, isPastAll) = last.multipliedReportingOverflow(by: unit)
    return isPastAll ? .max : bytes
  }
}
