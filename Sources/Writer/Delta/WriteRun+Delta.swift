import BlockIO

extension WriteRun {
  /// Reads what the medium holds of a part of a piece, and writes those blocks of it that differ.
  ///
  /// Runs of zeros are left unwritten only where they were read as zeros, past every cache (R37).
  /// - Parameter found: memory of the lane for what is there.
  /// - Returns: what was found, and how many requests had to be repeated.
  func update(
    _ part: Range<Int>, of piece: Piece, _ found: inout AlignedBuffer
  ) throws(WriteError) -> (DeltaPiece, retries: Int) {
    let offset = piece.offset + UInt64(part.lowerBound)
    let count = try readExisting(at: offset, into: &found, range: part)
    let changed = Self.differingRuns(
      piece.memory.buffer, found, range: part, readable: part.lowerBound..<(part.lowerBound + count),
      from: piece.offset)
    var delta = DeltaPiece()
    delta.hasMarks = hasMarks(found, part.lowerBound..<(part.lowerBound + count), of: piece.offset, part)
    var retries = 0
    for run in changed {
      let end = piece.offset + UInt64(run.upperBound)
      try tellJournal { journal throws(SystemCallError) in try journal.willWrite(upTo: end) }
      retries += try write(run, of: piece)
      delta.writtenByteCount += run.count
    }
    delta.rechecks = Self.rechecks(changed, in: part).map {
      Recheck(
        range: (piece.offset + UInt64($0.lowerBound))..<(piece.offset + UInt64($0.upperBound)),
        digest: ChunkDigest(of: piece.memory.buffer, range: $0))
    }
    return (delta, retries)
  }

  /// What cannot be read counts as different: writing it may well mend it.
  private func readExisting(
    at offset: UInt64, into found: inout AlignedBuffer, range: Range<Int>
  ) throws(WriteError) -> Int {
    do throws(SystemCallError) { return try medium.read(at: offset, into: &found, range: range) } catch {
      guard error.isMediumTrouble else { throw .device(error, during: .compare, offset: offset) }
      return 0
    }
  }

  /// Whether the marks in a part of a piece are where they were written.
  ///
  /// They are the last that was written there. What else is found in their place came from another address, or was
  /// lost: such a medium may lose what is found on it as well (R43).
  private func hasMarks(
    _ found: borrowing AlignedBuffer, _ readable: Range<Int>, of offset: UInt64, _ part: Range<Int>
  ) -> Bool {
    let whole = (offset + UInt64(part.lowerBound))..<(offset + UInt64(part.upperBound))
    return plan.probedPlaces.allSatisfy { place in
      guard place.clamped(to: whole) == place else { return true }
      let range = Int(place.lowerBound - offset)..<Int(place.upperBound - offset)
      guard range.upperBound <= readable.upperBound else { return false }
      return found.copied(range) == mark.placed(at: place).bytes
    }
  }

  /// The runs of blocks that differ, by their places in the memory of a piece that begins at an offset.
  static func differingRuns(
    _ expected: borrowing AlignedBuffer, _ found: borrowing AlignedBuffer, range: Range<Int>,
    readable: Range<Int>, from offset: UInt64
  ) -> [Range<Int>] {
    let step = UInt64(WritePlan.deltaByteCount)
    var runs: [Range<Int>] = []
    var start = range.lowerBound
    while start < range.upperBound {
      let end = min(Int((offset + UInt64(start)).rounded(downTo: step) + step - offset), range.upperBound)
      let isEqual =
        end <= readable.upperBound && expected.firstDifference(from: found, in: start..<end) == nil
      if !isEqual {
        if let last = runs.last, last.upperBound == start {
          runs[runs.count - 1] = last.lowerBound..<end
        } else {
          runs.append(start..<end)
        }
      }
      start = end
    }
    return runs
  }

  /// What of a part is read again: what was written with the blocks beside it, which may share a page of the flash
  /// with it, or some block where nothing was.
  /// - Returns: nothing where that is half of it or more: then all of it is.
  static func rechecks(_ changed: [Range<Int>], in part: Range<Int>) -> [Range<Int>] {
    let step = WritePlan.deltaByteCount
    guard !changed.isEmpty else {
      let blocks = (part.count - 1) / step
      let start = part.lowerBound + Int.random(in: 0...blocks) * step
      return [start..<min(start + step, part.upperBound)]
    }
    var runs: [Range<Int>] = []
    for run in changed {
      let wide = (run.lowerBound - step)..<(run.upperBound + step)
      let range = wide.clamped(to: part)
      if let last = runs.last, range.lowerBound <= last.upperBound {
        runs[runs.count - 1] = last.lowerBound..<range.upperBound
      } else {
        runs.append(range)
      }
    }
    return runs.reduce(0) { $0 + $1.count } * 2 < part.count ? runs : []
  }
}
