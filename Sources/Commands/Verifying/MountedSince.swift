import ImageInspector
import ImageSource
import Terminal
import Writer

extension Differences {
  /// The file systems of the image whose mounting explains every difference (R46); none where one is left, or
  /// where there are more than are listed.
  func mounted(in report: ImageReport, _ image: RawImage) -> [MountTraces.FileSystem] {
    guard rangeCount == ranges.count, let bytes = try? image.inspectionBytes() else { return [] }
    return MountTraces(of: report, in: bytes).explaining(ranges) ?? []
  }
}

extension MountTraces.FileSystem {
  /// A clause for a person.
  var text: SanitizedText {
    guard let partition else { return "the \(kind) file system" }
    return "the \(kind) file system of partition \(partition)"
  }

  /// The entry of `mountedSince`.
  var json: JSONValue { ["fileSystem": JSONValue(kind), "partition": JSONValue(partition)] }
}
