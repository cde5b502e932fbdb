import Glibc

/// The target that `BURIN_FUZZ` names; libFuzzer's command line has no room for options of ours.
private let chosen: FuzzTarget? = {
  guard let name = unsafe getenv("BURIN_FUZZ").map({ unsafe String(cString: $0) }) else { return nil }
  return FuzzTarget.all.first { $0.name == name }
}()

/// Called once: lists the targets, or writes the seeds of one into the directory `BURIN_FUZZ_SEEDS`.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _: UnsafeMutablePointer<Int32>, _: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>>>
) -> Int32 {
  guard let target = chosen else {
    for target in FuzzTarget.all { print(target.name) }
    exit(0)
  }
  guard let directory = unsafe getenv("BURIN_FUZZ_SEEDS").map({ unsafe String(cString: $0) }) else {
    return 0
  }
  for (index, seed) in target.seeds().enumerated() {
    let file = unsafe fopen("\(directory)/seed-\(index)", "w")
    guard let file = unsafe file, unsafe fwrite(seed, 1, seed.count, file) == seed.count else { exit(1) }
    unsafe fclose(file)
  }
  exit(0)
}

/// Called for every input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  // Safe: libFuzzer owns `count` bytes from `start` for the length of the call.
  let input = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
  chosen?.run(input)
  return 0
}
