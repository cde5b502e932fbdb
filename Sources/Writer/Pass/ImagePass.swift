import BlockIO
import ImageSource
import ImageTrust

/// One pass over an image for all media that it is written to: it is read, decoded and hashed once, however many
/// they are, and a pool of buffers holds them together.
struct ImagePass: Sendable {
  let image: any ImageSource
  /// The pass over it, where that has begun.
  let begun: BegunPass?
  /// The media; what is found of the image is asked for by the plan of the first, as by all of them.
  let intakes: [Intake]
  let listeners: PassListeners
  /// How long a medium may hold the others up without finishing a request.
  let patience: Duration
  private let attendance: Attendance

  /// Media that finish no request of 4 MiB for so long are given up while others wait for them.
  static let usualPatience = Duration.seconds(30)

  private enum Outcome: Sendable {
    case read(head: PieceMemory, byteCount: UInt64)
    case hashed(PassFindings)
    case hashedFile
    case failed(WriteError)
    /// Whether it was so before the image had been read.
    case everybodyLeft(Bool)
  }

  init(
    _ image: any ImageSource, begun: BegunPass? = nil,
    for media: [(plan: WritePlan, progress: ProgressMeter)],
    listeners: PassListeners = PassListeners(), patience: Duration = Self.usualPatience
  ) {
    self.image = image
    self.begun = begun
    self.listeners = listeners
    self.patience = patience
    let attendance = Attendance(of: media.count)
    self.attendance = attendance
    intakes = media.map { Intake($0.plan, $0.progress, attendance) }
  }

  /// Reads the image while something is done for each medium, on a thread of its own.
  func run(_ body: @escaping @Sendable (_ index: Int, Intake) async -> Void) async {
    await withTaskGroup(of: Void.self) { group in
      for (index, intake) in intakes.enumerated() {
        // Its requests hold up neither the others nor the pass, which reads ahead.
        group.addTask(executorPreference: LaneExecutor("burin.target.\(index)")) {
          await body(index, intake)
          intake.leave()
        }
      }
      // However busy the threads are that all tasks share, and where there is one processor, only one of them.
      group.addTask(executorPreference: LaneExecutor("burin.pass")) { await readAll() }
    }
  }

  /// Reads the image, and tells each medium what was found.
  ///
  /// It is read ahead while the media get ready, as far as the pool reaches: by the time one can be written, the first
  /// pieces are decoded and hashed, and wait for it.
  private func readAll() async {
    let pool = BufferPool(count: BufferPool.count(forMedia: intakes.count))
    let result = await withTaskGroup(of: Result<PassedImage, WriteError>?.self) { group in
      // On a thread of its own: what comes of a medium may be noted on one of the pool while another one stops.
      group.addTask(executorPreference: intakes.count > 1 ? LaneExecutor("burin.watch") : nil) {
        await StallWatch(patience).run(over: intakes, pool)
        return nil
      }
      group.addTask {
        do throws(WriteError) { return .success(try await passImage(through: pool)) } catch {
          return .failure(error)
        }
      }
      var result = Result<PassedImage, WriteError>.failure(.cancelled)
      for await case let found? in group {
        result = found
        group.cancelAll()
      }
      return result
    }
    for intake in intakes { intake.settle(result) }
  }

  /// Streams the image: one task reads, one hashes, and those of each medium write.
  private func passImage(through pool: BufferPool) async throws(WriteError) -> PassedImage {
    guard intakes.contains(where: \.isPresent), let plan = intakes.first?.plan else { throw .cancelled }
    let stream: any ImageStream
    // Read once where it can be, so that what is hashed is what is decoded; twice where the decoder reads it alone.
    let filePass: FilePass?
    do throws(ImageSourceError) { (stream, filePass) = try begin(plan) } catch {
      abandonAll()
      throw WriteError(reading: error)
    }
    let toHash = Channel<Piece>()
    let reader = PassReader(
      stream: stream, plan: plan, intakes: intakes, pool: pool, toHash: isHashed(plan) ? toHash : nil)
    let outcomes = await withTaskGroup(of: Outcome.self) { group in
      group.addTask(executorPreference: LaneExecutor("burin.source")) {
        defer {
          for intake in intakes { intake.finish() }
          toHash.finish()
        }
        do throws(WriteError) {
          let (head, byteCount) = try await reader.read()
          return .read(head: head, byteCount: byteCount)
        } catch { return .failed(error) }
      }
      group.addTask(executorPreference: LaneExecutor("burin.hash")) {
        .hashed(await findings(in: toHash, by: plan))
      }
      group.addTask(executorPreference: LaneExecutor("burin.file-hash")) {
        do throws(ImageSourceError) { try filePass?.readAgain() } catch {
          return .failed(WriteError(reading: error))
        }
        return .hashedFile
      }
      group.addTask { .everybodyLeft(await attendance.everybodyLeft()) }
      var work = 3
      var outcomes: [Outcome] = []
      for await outcome in group {
        switch outcome {
        case .failed, .everybodyLeft(true):
          // Nobody may wait for a piece or for memory that will not come any more.
          abandonAll()
          toHash.abandon()
          pool.close()
          group.cancelAll()
        case .everybodyLeft(false), .read, .hashed, .hashedFile: break
        }
        outcomes.append(outcome)
        if case .everybodyLeft = outcome { continue }
        work -= 1
        if work == 0 { attendance.conclude() }
      }
      return outcomes
    }
    return try collect(outcomes, filePass)
  }

  /// Takes the pass over that has begun, or begins one.
  private func begin(
    _ plan: WritePlan
  ) throws(ImageSourceError) -> (stream: any ImageStream, filePass: FilePass?) {
    if let begun, let stream = begun.take() { return (stream, begun.filePass) }
    let stream = try image.start()
    return (stream, FilePass(of: image, shownBy: stream, plan.claims, listeners))
  }

  private func abandonAll() {
    for intake in intakes { intake.abandon() }
  }

  private func collect(_ outcomes: [Outcome], _ filePass: FilePass?) throws(WriteError) -> PassedImage {
    // The first failure is the cause; a cancellation seen by the others is its consequence.
    for case .failed(let error) in outcomes { throw error }
    guard !Task.isCancelled else { throw .cancelled }
    var read: (head: PieceMemory, byteCount: UInt64)?
    var imageFindings = PassFindings()
    for outcome in outcomes {
      switch outcome {
      case .read(let head, let byteCount): read = (head, byteCount)
      case .hashed(let findings): imageFindings = findings
      case .hashedFile, .failed, .everybodyLeft: break
      }
    }
    guard let (head, byteCount) = read else { preconditionFailure("the image was neither read nor failed") }
    return PassedImage(
      head: head, byteCount: byteCount, findings: imageFindings, fileFindings: filePass?.finish(),
      readsFileAgain: filePass?.readsAgain == true)
  }
}

// MARK: - What is found of the image

extension ImagePass {
  /// What is to be found of the bytes that come onto the media.
  private func request(by plan: WritePlan) -> PassRequest {
    let reported: [DigestAlgorithm] = plan.digest == .sha256 ? [.sha256] : []
    return PassRequest(
      reported + plan.claims.algorithms, comparesImplanted: plan.comparesImplanted, listeners: listeners.image
    )
  }

  /// Whether the bytes of the image are needed for more than the media.
  private func isHashed(_ plan: WritePlan) -> Bool { !request(by: plan).isEmpty }

  /// Takes the digests of all pieces, in their order, of exactly the bytes that are written (R50).
  private func findings(in pieces: Channel<Piece>, by plan: WritePlan) async -> PassFindings {
    let pass = BytePass(request(by: plan))
    while let piece = await pieces.next() {
      pass.update(piece.memory.buffer, count: piece.imageCount)
    }
    return pass.finish()
  }
}
