extension ISO9660Volume: SurveyableVolume {
  /// The length of the volume: nothing of it is free.
  public var usedByteCount: UInt64? { primary.byteCount }

  /// When it was mastered.
  public var lastWritten: Int64? { (primary.modified ?? primary.created)?.secondsSince1970 }

  /// The entries of the root directory by the names that their author meant.
  public func rootEntries() throws(FormatError) -> [VolumeEntry] {
    guard let tree = bestTree else { return [] }
    return try entries(of: tree.root, in: tree)
  }

  /// The entries of a directory.
  public func entries(of directory: VolumeEntry) throws(FormatError) -> [VolumeEntry] {
    guard let tree = bestTree else { return [] }
    let extent = ExtentBytes.Extent(start: directory.place.first, byteCount: directory.place.byteCount)
    let node = ISO9660Node(
      name: directory.name, isDirectory: true, isHidden: false, linkTarget: nil, extents: [extent],
      recordOffset: directory.place.first)
    return try entries(of: node, in: tree)
  }

  private func entries(of node: ISO9660Node, in tree: ISO9660Tree) throws(FormatError) -> [VolumeEntry] {
    var short = node
    // A directory lies in one piece, of which the beginning is enough.
    short.extents = node.extents.prefix(1).map {
      ExtentBytes.Extent(
        start: $0.start, byteCount: min($0.byteCount, UInt64(SurveyLimits.bytesPerDirectory)))
    }
    return try tree.listing(of: short).nodes.prefix(SurveyLimits.entriesPerDirectory).map {
      VolumeEntry(
        name: $0.name, isDirectory: $0.isDirectory, modified: nil,
        place: VolumeEntry.Place(first: $0.extents.first?.start ?? 0, byteCount: $0.byteCount))
    }
  }
}
