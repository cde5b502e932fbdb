import BlockIO
import Sandbox

extension CompressedPass {
  /// Starts a decoder that reads a file by itself, at any place, and hears its first words.
  static func begin(
    reading file: any SuppliedFile, member: String?, _ program: String
  ) throws(ImageSourceError) -> sending CompressedPass {
    let open = OpenFile(try file.reopened())
    do throws(PackedImageError) {
      let ring = try makeRing()
      let process = try start(program, member, open.descriptor, ring)
      var pass = CompressedPass(process, ring, .file(open), file)
      try pass.hearOpening()
      return pass
    } catch { throw .packed(error, path: file.path) }
  }

  /// Starts a decoder that is given a file's bytes in order, and hears its first words.
  static func begin(
    feeding file: any SuppliedFile, member: String?, _ program: String
  ) throws(ImageSourceError) -> sending CompressedPass {
    var pipe: FeedingPipe
    do throws(SystemCallError) { pipe = try FeedingPipe(room: Feeder.pieceByteCount) } catch {
      throw .packed(.decoder(.system(error), offset: 0), path: file.path)
    }
    guard let end = pipe.takeReadEnd() else { preconditionFailure("a new pipe has two ends") }
    let feeder = try Feeder(try file.start(), pipe)
    do throws(PackedImageError) {
      let ring = try makeRing()
      let process = try start(program, member, end, ring)
      var pass = CompressedPass(process, ring, .fed(feeder), file)
      try pass.hearOpening()
      return pass
    } catch { throw .packed(error, path: file.path) }
  }

  private static func makeRing() throws(PackedImageError) -> SharedRing {
    do throws(SystemCallError) { return try SharedRing(slotByteCount: DecoderFrame.longestPayload) } catch {
      throw .decoder(.system(error), offset: 0)
    }
  }

  private static func start(
    _ program: String, _ member: String?, _ descriptor: borrowing OwnedDescriptor,
    _ ring: borrowing SharedRing
  ) throws(PackedImageError) -> ConfinedProcess {
    do throws(ConfinementError) {
      return try ConfinedProcess(
        argument: ConfinedDecoder.argument(member: member), reading: descriptor, filling: ring,
        program: program)
    } catch { throw .decoder(error, offset: 0) }
  }
}
