import ImageInspector
import Terminal
import Writer

extension Differences {
  /// The file systems of the image whose mounting explains every difference (R46); none where one is left, or
  /// where there are more than are listed.
  func mounted(in report: ImageReport) -> [MountTraces.FileSystem] {
    guard rangeCount == ranges.count else { return [] }
    return report.mountTraces.explaining(ranges) ?? []
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
