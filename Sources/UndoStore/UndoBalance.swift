/// What undoing a write brings back, and what is lost; a value that is shown and never decides anything.
public struct UndoBalance: Hashable, Sendable {
  /// A partition of the old table and what became of it.
  public struct Partition: Hashable, Sendable {
    /// The partition.
    public let partition: UndoRecord.Partition
    /// Its bytes that are lost.
    public let lost: ByteRanges
  }

  /// What the write has changed, or may have.
  public let changed: ByteRanges
  /// What of it can be brought back.
  public let restorable: ByteRanges
  /// What of it cannot.
  public let lost: ByteRanges
  /// The partitions of the old table.
  public let partitions: [Partition]

  /// Weighs a record against the state of the write.
  public init(_ record: UndoRecord, _ progress: UndoProgress) {
    let changed = progress.changed(by: record)
    let saved = record.saved
    let lost = changed.subtracting(saved)
    self.changed = changed
    restorable = changed.intersection(saved)
    self.lost = lost
    partitions = record.partitions.map {
      Partition(partition: $0, lost: lost.intersection(ByteRanges([$0.range])))
    }
  }

  /// Whether all that the write has changed becomes what it was, bit by bit.
  public var isComplete: Bool { lost.isEmpty }
}
