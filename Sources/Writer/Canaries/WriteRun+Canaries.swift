import BlockIO
import SystemPackage

extension WriteRun {
  private var placedMarks: [PlacedMark] { plan.probedPlaces.map(mark.placed) }

  /// Marks the places that are probed, the highest first: where two of them are the same memory, the lower
  /// one stays and the higher one tells (R43).
  /// - Returns: how many requests had to be repeated.
  func writeMarks() throws(WriteError) -> Int {
    let retries = try write(placedMarks)
    progress.advance(by: placedMarks.reduce(0) { $0 + $1.bytes.count })
    return retries
  }

  /// Marks some places, which ascend.
  /// - Returns: how many requests had to be repeated.
  func write(_ marks: [PlacedMark]) throws(WriteError) -> Int {
    var retries = 0
    var memory = AlignedBuffer(byteCount: plan.alignment)
    for mark in marks.reversed() {
      guard !Task.isCancelled else { throw .cancelled }
      memory.copy(from: mark.bytes.span, at: 0)
      let offset = mark.place.lowerBound
      do throws(WriteError) {
        retries += try write(memory, 0..<mark.bytes.count, at: offset, during: .probe)
      } catch {
        // A place that takes no mark keeps none: that is found when it is read.
        guard case .device(let reason, _, _) = error, reason.isMediumTrouble else { throw error }
        try requireSame(after: reason, during: .probe, offset: offset)
        retries += 1
      }
    }
    return retries
  }

  /// The marks that lie where the image leaves the medium empty.
  func placedMarks(outside layout: WriteLayout) -> [PlacedMark] {
    placedMarks.filter { mark in layout.emptyRanges.contains { $0.contains(mark.place.lowerBound) } }
  }

  /// Reads the marks that the image has left, and takes away those that are there.
  ///
  /// After the image, which has driven them out of a cache that pretends to be memory, and before its
  /// read-back, which then proves that taking them away has not hurt it. In random order, so that no cache
  /// can guess what comes next.
  /// - Parameter layout: where the image lies, and what is left out of it.
  /// - Returns: nil where nothing is probed.
  func readMarks(outside layout: WriteLayout) throws(WriteError) -> MarkFindings? {
    guard plan.probing != nil else { return nil }
    var findings = try answers(outside: layout)
    try lookAtHead(for: placedMarks, &findings)
    let ballast = plan.ballast.subtracting([0..<UInt64(layout.headByteCount)] + layout.bodyPieces.runs)
    if !ballast.isEmpty, takesBallast(findings) {
      findings.retries += try drop(ballast)
      let again = try answers(outside: layout)
      findings.answers = again.answers
      findings.retries += again.retries
    }
    findings.retries += try eraseMarks(findings.intactPlaces)
    return findings
  }

  /// Whether more can be learnt with the ballast, and nothing be spoilt.
  ///
  /// On a medium that wraps it would hit the image. One that loses its end may have the lowest marks there in its cache,
  /// which makes it seem larger than it is; but where it is tolerated, what it holds has to stay.
  private func takesBallast(_ findings: MarkFindings) -> Bool {
    let answers = findings.answers.values
    guard findings.strays.isEmpty, answers.allSatisfy({ $0 == .intact || $0 == .lost }) else { return false }
    guard answers.contains(.lost) else { return true }
    return answers.contains(.intact) && plan.probing?.toleratesFake != true
  }

  /// Reads the marks that the image has left.
  private func answers(outside layout: WriteLayout) throws(WriteError) -> MarkFindings {
    var findings = MarkFindings()
    var found = AlignedBuffer(byteCount: plan.alignment)
    var expected = AlignedBuffer(byteCount: plan.alignment)
    let marks = placedMarks
    for mark in placedMarks(outside: layout).shuffled() {
      guard !Task.isCancelled else { throw .cancelled }
      let answer: MarkAnswer
      if let count = try read(mark, into: &found, &findings.retries) {
        answer = count == mark.bytes.count ? self.answer(to: mark, among: marks, found, &expected) : .lost
      } else {
        answer = .unreadable
      }
      findings.answers[mark.place] = answer
    }
    return findings
  }

  /// Writes the ballast, which stays: it is what has to be there.
  /// - Returns: how many requests had to be repeated.
  private func drop(_ places: [Range<UInt64>]) throws(WriteError) -> Int {
    var retries = 0
    let zeros = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
    for place in BodyPieces(runs: places) {
      guard !Task.isCancelled else { throw .cancelled }
      retries += try write(zeros, 0..<place.count, at: place.lowerBound, during: .probe)
    }
    _ = try flush()
    return retries
  }

  /// Reads a marked place, and once more after an I/O error: one that was nobody's fault calls no medium a fake.
  /// - Returns: how many bytes there were; nil where it cannot be read.
  private func read(
    _ mark: PlacedMark, into found: inout AlignedBuffer, _ retries: inout Int
  ) throws(WriteError) -> Int? {
    let offset = mark.place.lowerBound
    for isLast in [false, true] {
      do throws(SystemCallError) {
        return try medium.read(at: offset, into: &found, range: mark.bytes.indices)
      } catch {
        guard error.isMediumTrouble else { throw .device(error, during: .readBack, offset: offset) }
        try requireSame(after: error, during: .readBack, offset: offset)
        if !isLast { retries += 1 }
      }
    }
    return nil
  }

  private func answer(
    to mark: PlacedMark, among marks: [PlacedMark], _ found: borrowing AlignedBuffer,
    _ expected: inout AlignedBuffer
  ) -> MarkAnswer {
    let range = mark.bytes.indices
    for candidate in [mark] + marks where candidate.bytes.count >= range.count {
      expected.copy(from: candidate.bytes.span, at: 0)
      guard found.firstDifference(from: expected, in: range) == nil else { continue }
      return candidate == mark ? .intact : .mark(of: candidate.place.lowerBound)
    }
    return .lost
  }

  /// The first MiB is zero until the commit; a mark in it belongs to an address that is the same memory.
  private func lookAtHead(
    for marks: [PlacedMark], _ findings: inout MarkFindings
  ) throws(WriteError) {
    let range = 0..<Int(min(WritePlan.edgeByteCount, plan.capacity))
    var found = AlignedBuffer(byteCount: Int(WritePlan.edgeByteCount))
    let count = try readBack(at: 0, into: &found, count: range.count)
    guard count < range.count || !found.isZero(range) else { return }
    // What must be there: zeros, and the marks that are found.
    var expected = AlignedBuffer(byteCount: Int(WritePlan.edgeByteCount))
    // Sector by sector: what wraps need not wrap at a multiple of our blocks.
    for start in stride(from: 0, to: count, by: CanaryMark.sectorByteCount) {
      let sector = start..<(start + CanaryMark.sectorByteCount)
      guard found.firstDifference(from: expected, in: sector) != nil else { continue }
      for mark in marks {
        let bytes = mark.bytes.prefix(range.upperBound - start)
        let place = start..<(start + bytes.count)
        expected.copy(from: Array(bytes).span, at: start)
        if found.firstDifference(from: expected, in: place) == nil {
          findings.strays.append(mark.place.lowerBound - UInt64(start))
          break
        }
        expected.zero(place)
      }
    }
    findings.head.compare(expected, found, range: 0..<count, at: 0)
    findings.head.addMissing(UInt64(count)..<UInt64(range.upperBound))
    guard !findings.strays.isEmpty else { return }
    expected.zero(range)
    do throws(SystemCallError) { try medium.write(expected, range: range, at: 0) } catch {
      throw .device(error, during: .probe, offset: 0)
    }
  }

  /// - Returns: how many requests had to be repeated.
  private func eraseMarks(_ places: [Range<UInt64>]) throws(WriteError) -> Int {
    guard !places.isEmpty else { return 0 }
    var retries = 0
    let zeros = AlignedBuffer(byteCount: plan.alignment)
    for place in places.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      retries += try write(zeros, 0..<place.count, at: place.lowerBound, during: .probe)
    }
    _ = try flush()
    return retries
  }

  /// Why the body differs: with what speaks for a medium that is smaller than it claims, if anything does.
  func mismatch(
    _ differences: Differences, _ wrong: [FoundPiece], _ written: WrittenBody, _ marks: MarkFindings?
  ) -> WriteError {
    let echoes = PieceEchoes.distances(wrong, written.digests, written.layout.bodyPieces)
    let findings = marks ?? MarkFindings()
    guard let shortfall = findings.shortfall(claimed: plan.capacity, proven: 0, echoes: echoes) else {
      return .mismatch(differences)
    }
    return .overrun(differences, shortfall)
  }

  /// Judges the capacity of a medium that holds the body.
  func judge(_ marks: MarkFindings?, _ layout: WriteLayout) throws(WriteError) -> CapacityEvidence? {
    guard let marks else { return nil }
    let shortfall = marks.shortfall(claimed: plan.capacity, proven: layout.unbrokenByteCount)
    if let shortfall, plan.probing?.toleratesFake != true { throw .fakeCapacity(shortfall) }
    // What is tolerated is a capacity that was not promised, never a head under which something else lies.
    guard marks.head.isEmpty else { throw .mismatch(marks.head) }
    return CapacityEvidence(probedPlaceCount: marks.answers.count, shortfall: shortfall)
  }
}
