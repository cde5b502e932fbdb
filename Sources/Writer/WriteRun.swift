import BlockIO
import DeviceSafety
import ImageSource
import ImageTrust
import SystemPackage

/// One run of a plan on one medium: erase, body, read-back, head.
struct WriteRun: Sendable {
  let image: any ImageSource
  let plan: WritePlan
  let medium: any Medium
  let progress: ProgressMeter
  var journal: (any WriteJournal)?
  var mark = CanaryMark()
  /// How long the machine has slept, since some moment.
  var slept: @Sendable () -> Duration = SleepTime.now

  /// Carries it out with the pieces that an intake gives.
  func execute(from intake: Intake) async throws(WriteFailure) -> WriteReport {
    let clock = ContinuousClock()
    let started = clock.now
    // Looked for before, so that nothing is read between the requests that take the old system away.
    let old = findOld()
    do throws(WriteError) {
      do throws(RecheckError) { try medium.recheckIfStale() } catch { throw .identity(error) }
      guard !Task.isCancelled else { throw .cancelled }
      try tellJournal { journal throws(SystemCallError) in try journal.willBegin() }
      try eraseFirst()
    } catch { throw WriteFailure(error: named(error), medium: afterFirstRequest(error)) }
    do throws(WriteError) {
      let begun = plan.isDelta ? slept() : .zero
      let retries = try erase(old) + writeMarks()
      _ = try flush()
      var written = try await writeBody(from: intake)
      written.retries += retries
      let layout = written.layout
      progress.begin(.flushing)
      let flushed = try flush()
      let writtenAt = clock.now
      let trust = try requireTrust(written)
      // What was found before the machine slept may have been found on another medium.
      if plan.isDelta, slept() - begun > Self.nap { written.delta?.isDoubtful = true }
      let found = try readMarks(after: &written)
      let (rewritten, marks) = try await readBackAwake(written, found)
      written.retries += marks?.retries ?? 0
      let capacity = try judge(marks, layout)
      let trusted = capacity?.shortfall?.estimate.trustedByteCount ?? plan.capacity
      try requireZeros(in: layout.emptyRanges.map { $0.clamped(to: 0..<trusted) })
      try confirmImage()
      let cacheFlush = try commit(written.head, layout)
      do throws(RecheckError) { try medium.compareIdentity() } catch { throw .identity(error) }
      // The medium is proven whether or not this can be noted: the note before it claims more, not less.
      try? journal?.didComplete(upTo: layout.writtenByteCount)
      return WriteReport(
        imageByteCount: layout.imageByteCount, writtenByteCount: layout.writtenByteCount,
        sha256: plan.digest == .sha256 ? written.findings.digests[.sha256] : nil, trust: trust,
        cacheFlush: flushed == .confirmed ? cacheFlush : .notSupported, retries: written.retries,
        writing: started.duration(to: writtenAt), verifying: writtenAt.duration(to: clock.now),
        partitionsPublished: true, capacity: capacity, rewritten: rewritten,
        chunks: MediumChunks(of: written), delta: written.delta?.report(layout.bodyPieces))
    } catch {
      // However it ended, cancelled too: what cannot be proven does not boot (R40).
      let (found, state) = (cause(of: error), eraseHead())
      throw WriteFailure(error: named(found), medium: state)
    }
  }

  /// The same, or that the medium is gone; to be asked last, when nothing is written any more.
  private func named(_ error: WriteError) -> WriteError {
    switch error {
    case .device(let failure, let operation, let offset):
      .device(medium.cause(of: failure), during: operation, offset: offset)
    case .identity(let found): .identity(medium.cause(of: found))
    default: error
    }
  }

  /// Another card in the reader is what is wrong with everything that was found of it (R29).
  private func cause(of error: WriteError) -> WriteError {
    switch error {
    case .device, .mismatch, .overrun, .fakeCapacity:
      do throws(WriteError) { try requireSame() } catch let found {
        if case .identity(.changed(.medium)) = found { return found }
      }
    case .image, .tooLarge, .trust, .map, .identity, .stalled, .journal, .cancelled: break
    }
    return error
  }

  /// How much goes with the first request: boot code, tables, volume descriptors and boot catalog, as they come at last.
  private var firstByteCount: Int {
    min(plan.largestHeadByteCount, max(WriteLayout.largestAnchor, plan.alignment))
  }

  /// The first request tells whether the medium takes writes at all; up to here nothing is lost.
  private func eraseFirst() throws(WriteError) {
    let zeros = AlignedBuffer(byteCount: max(WriteLayout.largestAnchor, plan.alignment))
    do throws(SystemCallError) { try medium.write(zeros, range: 0..<firstByteCount, at: 0) } catch {
      if error.isOtherMedium { try requireSame(after: error, during: .erase, offset: 0) }
      throw .device(error, during: .erase, offset: 0)
    }
  }

  /// A refused write changes nothing; any other error leaves open what reached the medium.
  private func afterFirstRequest(_ error: WriteError) -> WriteFailure.MediumState {
    guard case .device(let call, _, _) = error else { return .untouched }
    let refusals: [Errno] = [.readOnlyFileSystem, .notPermitted, .permissionDenied]
    return refusals.contains(call.errno) ? .untouched : .unknown
  }

  /// Has the journal note what comes next (see ``WriteJournal``).
  func tellJournal(
    _ note: (any WriteJournal) throws(SystemCallError) -> Void
  ) throws(WriteError) {
    guard let journal else { return }
    do throws(SystemCallError) { try note(journal) } catch { throw .journal(error) }
  }

  /// After a request that failed, and before another one is written: makes sure that this is still the same medium.
  func requireSame(
    after error: SystemCallError, during operation: DeviceOperation, offset: UInt64
  ) throws(WriteError) {
    do throws(RecheckError) { try medium.requireSame(reading: plan.touchstones) } catch let recheck {
      guard case .system(let found) = recheck else { throw .identity(recheck) }
      throw .device(error.isOtherMedium ? found : error, during: operation, offset: offset)
    }
  }

  /// Before anything is made of what was read: makes sure that this is still the same medium.
  func requireSame() throws(WriteError) {
    do throws(RecheckError) { try medium.requireSame(reading: plan.touchstones) } catch {
      guard case .system(let found) = error else { throw .identity(error) }
      throw .device(found, during: .readBack, offset: nil)
    }
  }

  func flush() throws(WriteError) -> CacheFlush {
    do throws(SystemCallError) { return try medium.flush() } catch {
      throw .device(error, during: .flush, offset: nil)
    }
  }

  /// What of both ends and stale signatures is not zero, behind what the first request erases.
  ///
  /// A stick reads what is zero already faster than it writes it, and wears less. Of what cannot be read, all counts.
  /// - Returns: the last first, as the copy of a GPT can still be started from when the GPT itself is gone.
  private func findOld() -> [Range<UInt64>] {
    var found = AlignedBuffer(byteCount: Int(WritePlan.edgeByteCount))
    var old: [Range<UInt64>] = []
    for range in plan.zeroedRanges {
      for offset in stride(from: range.lowerBound, to: range.upperBound, by: found.byteCount) {
        guard !Task.isCancelled else { return [] }
        let count = Int(min(UInt64(found.byteCount), range.upperBound - offset))
        let read = (try? medium.read(at: offset, into: &found, range: 0..<count)) ?? 0
        let part = read == count ? rangeOfOld(in: found, count) : 0..<count
        let first = max(offset + UInt64(part.lowerBound), UInt64(firstByteCount))
        let end = offset + UInt64(part.upperBound)
        if first < end { old.append(first..<end) }
      }
    }
    return old.reversed()
  }

  /// From the first block that is not zero to the last one.
  private func rangeOfOld(in memory: borrowing AlignedBuffer, _ count: Int) -> Range<Int> {
    var old = 0..<0
    for start in stride(from: 0, to: count, by: plan.alignment) {
      let block = start..<min(start + plan.alignment, count)
      if !memory.isZero(block) { old = (old.isEmpty ? start : old.lowerBound)..<block.upperBound }
    }
    return old
  }

  /// Zeroes what was found: from here on the old system cannot boot (R36).
  /// - Parameter old: disjoint ranges, none longer than an edge.
  /// - Returns: how many of them had to be written once more.
  private func erase(_ old: [Range<UInt64>]) throws(WriteError) -> Int {
    progress.begin(
      .erasing, total: (old + plan.probedPlaces).reduce(0) { $0 + UInt64($1.count) })
    let zeros = AlignedBuffer(byteCount: Int(WritePlan.edgeByteCount))
    var retries = 0
    for range in old {
      guard !Task.isCancelled else { throw .cancelled }
      retries += try write(zeros, 0..<range.count, at: range.lowerBound, during: .erase)
      progress.advance(by: range.count)
    }
    return retries
  }

  /// The erased ranges beyond the image must be zero on the medium, or an old backup table is still there.
  private func requireZeros(in ranges: [Range<UInt64>]) throws(WriteError) {
    let zeros = AlignedBuffer(byteCount: Int(WritePlan.edgeByteCount))
    var found = AlignedBuffer(byteCount: Int(WritePlan.edgeByteCount))
    var differences = Differences()
    for range in ranges {
      for offset in stride(from: range.lowerBound, to: range.upperBound, by: zeros.byteCount) {
        let count = Int(min(UInt64(zeros.byteCount), range.upperBound - offset))
        let read = try readBack(at: offset, into: &found, count: count)
        differences.compare(zeros, found, range: 0..<read, at: offset)
        differences.addMissing((offset + UInt64(read))..<(offset + UInt64(count)))
      }
    }
    guard differences.isEmpty else { throw .mismatch(differences) }
  }

  func readBack(
    at offset: UInt64, into memory: inout AlignedBuffer, count: Int
  ) throws(WriteError) -> Int {
    do throws(SystemCallError) { return try medium.read(at: offset, into: &memory, range: 0..<count) } catch {
      throw .device(error, during: .readBack, offset: offset)
    }
  }

  /// Everything that speaks for the image must be true before the stick can boot (R44).
  private func confirmImage() throws(WriteError) {
    do throws(ImageSourceError) { try image.requireUnchanged() } catch { throw .image(error) }
    do throws(RecheckError) { try medium.recheckIfStale() } catch { throw .identity(error) }
    guard !Task.isCancelled else { throw .cancelled }
  }

  /// Writes the head, its first blocks last, and reads it back: only now can the stick boot.
  ///
  /// The anchor goes out as one request, so that a power cut leaves either no boot code, table and
  /// volume descriptor or a medium that is complete.
  private func commit(_ head: PieceMemory, _ layout: WriteLayout) throws(WriteError) -> CacheFlush {
    progress.begin(.committing, total: UInt64(layout.headByteCount) * 2)
    var flushed = CacheFlush.notSupported
    var found = AlignedBuffer(byteCount: Int(WritePlan.edgeByteCount))
    let anchor = layout.anchorByteCount
    for range in [anchor..<layout.headByteCount, 0..<anchor] where !range.isEmpty {
      do throws(SystemCallError) {
        try medium.write(head.buffer, range: range, at: UInt64(range.lowerBound))
        flushed = try medium.flush()
      } catch { throw .device(error, during: .commit, offset: UInt64(range.lowerBound)) }
      progress.advance(by: range.count)
      var differences = Differences()
      let count: Int
      do throws(SystemCallError) {
        count = try medium.read(at: UInt64(range.lowerBound), into: &found, range: range)
      } catch { throw .device(error, during: .readBack, offset: UInt64(range.lowerBound)) }
      let end = range.lowerBound + count
      differences.compare(head.buffer, found, range: range.lowerBound..<end, at: UInt64(range.lowerBound))
      differences.addMissing(UInt64(end)..<UInt64(range.upperBound))
      guard differences.isEmpty else { throw .mismatch(differences) }
      progress.advance(by: range.count)
    }
    return flushed
  }

  /// After a failure: whatever of the head may be there goes, if the device still answers.
  ///
  /// Where the run ended because another medium is in the drive, that one must not be touched (R31).
  private func eraseHead() -> WriteFailure.MediumState {
    let zeros = AlignedBuffer(byteCount: Int(WritePlan.edgeByteCount))
    do throws(RecheckError) { try medium.requireSame(reading: plan.touchstones) } catch { return .unknown }
    do throws(SystemCallError) {
      try medium.write(zeros, range: 0..<plan.largestHeadByteCount, at: 0)
      _ = try medium.flush()
      return .erased
    } catch { return .unknown }
  }
}
