extension GPTCopy {
  /// Why EDK2 passes over an entry of a table that it accepts.
  public enum EntryObjection: Hashable, Sendable {
    /// It reaches outside the usable blocks, or ends before it begins.
    case outsideUsable
    /// It shares blocks with another entry.
    case overlap(other: Int)
  }

  /// What EDK2 has against an entry: its PartitionCheckGptEntry marks such entries, and
  /// PartitionInstallGptChildHandles leaves them out (MdeModulePkg, GptLib/Gpt.c and PartitionDxe/Gpt.c).
  ///
  /// Entries are compared in the order of the table, and one outside the usable blocks with none behind it: an entry for
  /// the whole disc from block 0 does no harm to an EFI system partition in it, but one behind that partition does.
  public func firmwareObjection(to entry: GPTEntry) -> EntryObjection? {
    guard isUsable(entry) else { return .outsideUsable }
    for other in entries where other.index != entry.index {
      guard other.index > entry.index || isUsable(other) else { continue }
      if other.lastLBA >= entry.firstLBA, other.firstLBA <= entry.lastLBA {
        return .overlap(other: other.index)
      }
    }
    return nil
  }

  private func isUsable(_ entry: GPTEntry) -> Bool {
    entry.firstLBA <= entry.lastLBA && entry.firstLBA >= header.firstUsableLBA
      && entry.lastLBA <= header.lastUsableLBA
  }
}
