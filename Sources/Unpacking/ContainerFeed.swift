import BlockIO
import DiskContainers

/// The bytes of the disk in a container, in order.
final class ContainerFeed: ByteFeed {
  /// How much of the disk is read between two looks at the watch, in bytes.
  private static let pieceByteCount = 1 << 20
  /// How many pieces of the disk are followed through the tables before the first one is given.
  private static let surveyedExtents = 1 << 20

  private let file: any RandomAccessBytes
  private let watch: UnpackingWatch
  private let format: ContainerFormat
  private var stream: GuestStream
  /// The length of the disk in bytes.
  let byteCount: UInt64

  /// Opens a container, and follows its tables as far as most go: what is wrong there is told before any byte.
  init(
    _ file: any RandomAccessBytes, _ format: ContainerFormat, _ watch: UnpackingWatch
  ) throws(UnpackingError) {
    (self.file, self.format, self.watch) = (file, format, watch)
    do throws(ContainerError) {
      let disk = try GuestDisk(format, in: file)
      try disk.stream().survey(mostExtents: Self.surveyedExtents)
      byteCount = disk.byteCount
      stream = try disk.stream()
    } catch { throw .container(error, format) }
  }

  var isChecked: Bool { stream.isChecked }

  func read(into output: inout MutableRawSpan) throws(UnpackingError) -> Int {
    var done = 0
    while done < output.byteCount {
      let end = min(done + Self.pieceByteCount, output.byteCount)
      var room = output._mutatingExtracting(done..<end)
      let count: Int
      do throws(ContainerError) { count = try stream.read(into: &room) } catch {
        throw .container(error, format)
      }
      done += count
      watch.consumedByteCount = stream.consumedByteCount
      try watch.look()
      guard done == end else { break }
    }
    return done
  }
}
