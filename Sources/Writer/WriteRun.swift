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
    do throws(WriteError) {
      do throws(RecheckError) { try medium.recheckIfStale() } catch { throw .identity(error) }
      guard !Task.isCancelled else { throw .cancelled }
      try tellJournal { journal throws(SystemCallError) in try journal.willBegin() }
      try eraseFirst()
    } catch { throw WriteFailure(error: error, medium: afterFirstRequest(error)) }
    do throws(WriteError) {
      let begun = plan.isDelta ? slept() : .zero
      try erase()
      try writeMarks()
      _ = try flush()
      var written = try await writeBody(from: intake)
      let layout = written.layout
      progress.begin(.flushing)
      let flushed = try flush()
      let writtenAt = clock.now
      let trust = try requireTrust(written)
      // What was found before the machine slept may have been found on another medium.
      if plan.isDelta, slept() - begun > Self.nap { written.delta?.isDoubtful = true }
      let found = try readMarks(after: &written)
      let (rewritten, marks) = try await readBackAwake(written, found)
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
      throw WriteFailure(error: cause(of: error), medium: eraseHead())
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

  /// The first request tells whether the medium takes writes at all; up to here nothing is lost.
  private func eraseFirst() throws(WriteError) {
    let zeros = AlignedBuffer(byteCount: max(AlignedBuffer.alignment, plan.blockSize))
    let count = min(plan.largestHeadByteCount, zeros.byteCount)
    do throws(SystemCallError) { try medium.write(zeros, range: 0..<count, at: 0) } catch {
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

  /// Has both ends and stale signatures be zero: from here on the old system cannot boot (R36).
  private func erase() throws(WriteError) {
    progress.begin(
      .erasing, total: (plan.zeroedRanges + plan.probedPlaces).reduce(0) { $0 + UInt64($1.count) })
    let zeros = AlignedBuffer(byteCount: Int(WritePlan.edgeByteCount))
    var found = AlignedBuffer(byteCount: zeros.byteCount)
    for range in plan.zeroedRanges {
      for offset in stride(from: range.lowerBound, to: range.upperBound, by: zeros.byteCount) {
        guard !Task.isCancelled else { throw .cancelled }
        let count = Int(min(UInt64(zeros.byteCount), range.upperBound - offset))
        let old = rangeToErase(at: offset, count: count, looking: &found)
        do throws(SystemCallError) {
          if !old.isEmpty { try medium.write(zeros, range: old, at: offset + UInt64(old.lowerBound)) }
        } catch { throw .device(error, during: .erase, offset: offset) }
        progress.advance(by: count)
      }
    }
  }

  /// What of a part has to be zeroed: a stick reads what is zero already faster than it writes it, and wears less.
  ///
  /// - Parameter found: memory for what is there.
  /// - Returns: bytes behind the offset, from the first block that is not zero to the last; of what cannot be read, all.
  private func rangeToErase(at offset: UInt64, count: Int, looking found: inout AlignedBuffer) -> Range<Int> {
    let read = (try? medium.read(at: offset, into: &found, range: 0..<count)) ?? 0
    guard read == count else { return 0..<count }
    let old = stride(from: 0, to: count, by: plan.alignment).map { $0..<min($0 + plan.alignment, count) }
      .filter { !found.isZero($0) }
    return (old.first?.lowerBound ?? 0)..<(old.last?.upperBound ?? 0)
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
