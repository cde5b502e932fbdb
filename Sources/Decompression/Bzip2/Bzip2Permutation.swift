import BlockIO

/// Brings the bytes of a block back into their order: the inverse of the Burrows-Wheeler transform.
///
/// Each place of the sorted column knows where the next byte is. Following that, every step waits for memory that is
/// in no near cache, and does nothing else: so the way is begun at hundreds of places, eight of which are followed side
/// by side, each to where another one began. Then the stretches are joined. Alone, a step takes as long as all else.
struct Bzip2Permutation {
  /// A stretch of the way, from one of the places to the next.
  private struct Stretch {
    /// What was at its beginning, before the mark.
    let entry: UInt32
    /// The first of its chunks.
    var chunk = 0
    /// The stretch that follows.
    var next = 0
  }

  private struct Chunk {
    var count = 0
    /// The next one of its stretch; nil in the last.
    var next: Int?
  }

  /// One of those who go side by side.
  private struct Walker {
    /// The stretch that it is on; nil where there is none left for it.
    var stretch: Int?
    var chunk = 0
    /// Where its next byte goes in ``stretches``.
    var place = 0
    var room = 0
    var entry: UInt32 = 0
  }

  /// How many go side by side: enough that none waits, few enough for the processor's registers.
  private static let walkerCount = 8
  /// How many stretches there are in a long block; the more, the less does the last one keep its walker alone.
  private static let mostStretches = 256
  /// The least that a stretch should have, in bytes.
  private static let shortStretch = 64
  /// The length of a chunk in bytes.
  private static let chunkByteCount = 1024
  /// Marks an entry at which a stretch begins; its other bits are the stretch's number.
  private static let mark: UInt32 = 1 << 31

  /// For each place of the sorted column: its byte, and above that the place of the byte that follows.
  ///
  /// A place needs twenty bits. One more entry leads to itself.
  private var entries: [UInt32] = []
  /// The bytes of all stretches, in chunks; the first ones belong to walkers that are on none.
  private var content: [UInt8] = []
  private var chunks: [Chunk] = []
  private var stretches: [Stretch] = []
  private var walkers = [Walker](repeating: Walker(), count: walkerCount)
  private var startedCount = 0
  /// Where those walk who have no stretch.
  private var idleEntry: UInt32 = 0

  /// Brings the bytes of a column into their order.
  /// - Parameters:
  ///   - column: the last column of the sorted rotations; what is behind its count becomes anything.
  ///   - first: which of the rotations is the content; less than the count.
  mutating func restore(_ column: inout Bzip2Column, first: Int) {
    sort(column)
    begin(column.count, first)
    while walkers.contains(where: { $0.stretch != nil }) { walk() }
    join(into: &column)
  }

  // MARK: - The way

  /// Finds for each place of the sorted column, where that byte is in the last one.
  private mutating func sort(_ column: borrowing Bzip2Column) {
    let count = column.count
    // As far as any block of the stream goes, so that it is made once.
    if entries.count <= count { entries = .unset(count: column.bytes.count) }
    Self.sort(column.bytes.span.extracting(0..<count), column.counts, into: &entries)
    idleEntry = UInt32(truncatingIfNeeded: count) << 8
    entries[count] = idleEntry
  }

  private static func sort(_ bytes: Span<UInt8>, _ counts: [UInt32], into target: inout [UInt32]) {
    var places = [UInt32](repeating: 0, count: 256)
    var sum: UInt32 = 0
    for value in places.indices {
      places[value] = sum
      sum += counts[value]
    }
    var place = places.mutableSpan
    var entries = target.mutableSpan
    // Every entry below the count is written, for the counts are those of the bytes, and leads below the count.
    for index in bytes.indices {
      let byte = Int(bytes[index])
      let target = place[byte]
      place[byte] = target &+ 1
      entries[Int(target)] = UInt32(truncatingIfNeeded: index) &<< 8 | UInt32(truncatingIfNeeded: byte)
    }
  }

  /// Chooses where stretches begin: at the beginning of the content, and anywhere.
  private mutating func begin(_ count: Int, _ first: Int) {
    stretches.removeAll(keepingCapacity: true)
    chunks = Array(repeating: Chunk(), count: Self.walkerCount)
    startedCount = 0
    let wanted = min(max(count / Self.shortStretch, 1), Self.mostStretches)
    let places = (0..<wanted).map { $0 * (count / wanted) }
    for place in [first] + places where entries[place] < Self.mark {
      stretches.append(Stretch(entry: entries[place]))
      entries[place] = Self.mark | UInt32(stretches.count - 1)
    }
    // A place is passed once, for no two lead to the same: no more chunks than that are ever full.
    let most = (count / Self.chunkByteCount + stretches.count + Self.walkerCount) * Self.chunkByteCount
    if content.count < most { content = .unset(count: most) }
    for index in walkers.indices { start(index) }
  }

  // MARK: - Walking

  /// Gives a walker the next stretch, or the place where one goes that has none.
  private mutating func start(_ index: Int) {
    guard startedCount < stretches.count else {
      walkers[index] = Walker(chunk: index, entry: idleEntry)
      idle(index)
      return
    }
    let stretch = startedCount
    startedCount += 1
    walkers[index] = Walker(stretch: stretch, entry: stretches[stretch].entry)
    stretches[stretch].chunk = openChunk(index)
  }

  /// Lets a walker begin its own chunk again.
  private mutating func idle(_ index: Int) {
    (walkers[index].place, walkers[index].room) = (index * Self.chunkByteCount, Self.chunkByteCount)
  }

  /// Gives a walker a chunk, and returns that.
  private mutating func openChunk(_ index: Int) -> Int {
    let chunk = chunks.count
    chunks.append(Chunk())
    walkers[index].chunk = chunk
    (walkers[index].place, walkers[index].room) = (chunk * Self.chunkByteCount, Self.chunkByteCount)
    return chunk
  }

  /// Goes on until a walker comes to an end, of its stretch or of its chunk.
  private mutating func walk() {
    let rounds = walkers.reduce(Self.chunkByteCount) { min($0, $1.room) }
    let done = Self.step(rounds, &walkers, entries, &content)
    for index in walkers.indices {
      let walker = walkers[index]
      walkers[index].place += done
      walkers[index].room -= done
      if let stretch = walker.stretch, walker.entry >= Self.mark {
        chunks[walker.chunk].count = Self.chunkByteCount - walkers[index].room
        stretches[stretch].next = Int(walker.entry & ~Self.mark)
        start(index)
      } else if walkers[index].room == 0 {
        guard walker.stretch != nil else {
          idle(index)
          continue
        }
        chunks[walker.chunk].count = Self.chunkByteCount
        chunks[walker.chunk].next = openChunk(index)
      }
    }
  }

  /// Goes so many steps, or fewer where a walker comes to the end of its stretch.
  /// - Returns: how many steps each has gone.
  private static func step(
    _ rounds: Int, _ walkers: inout [Walker], _ source: [UInt32], _ target: inout [UInt8]
  ) -> Int {
    var entry = InlineArray<8, UInt32> { walkers[$0].entry }
    let place = InlineArray<8, Int> { walkers[$0].place }
    let entries = source.span
    var content = target.mutableSpan
    var done = 0
    var marks: UInt32 = 0
    repeat {
      for index in 0..<Self.walkerCount {
        content[place[index] &+ done] = UInt8(truncatingIfNeeded: entry[index])
        entry[index] = entries[Int(truncatingIfNeeded: entry[index] &>> 8)]
        marks |= entry[index]
      }
      done &+= 1
    } while done < rounds && marks < Self.mark
    for index in walkers.indices { walkers[index].entry = entry[index] }
    return done
  }

  // MARK: - The order

  /// Writes the stretches one behind the other, from that on with which the content begins.
  ///
  /// Where the content is some bytes over and over again, the way comes back to its beginning before it is complete.
  private mutating func join(into column: inout Bzip2Column) {
    var (done, stretch) = (0, 0)
    while done < column.count {
      var next = Optional(stretches[stretch].chunk)
      while let chunk = next, done < column.count {
        let start = chunk * Self.chunkByteCount
        let count = min(chunks[chunk].count, column.count - done)
        column.bytes.replace(from: done, with: content.span.extracting(start..<start + count))
        done += count
        next = chunks[chunk].next
      }
      stretch = stretches[stretch].next
    }
  }
}
