import BlockIO
import SystemPackage
import TestSupport
import Testing

@Suite("A switch of sysfs")
struct SysfsSwitchTests {
  @Test("is nothing but a file of sysfs: no other file is opened through it, by no link, and none is created")
  func nothingElse() throws {
    let scratch = try ScratchDirectory()
    try scratch.run("echo 0 >file; ln -s file link")
    func errno(_ name: String) -> Errno? {
      do throws(SystemCallError) {
        _ = try SysfsSwitch(opening: FilePath("\(scratch.path)/\(name)"))
        return nil
      } catch { return error.errno }
    }
    #expect(errno("file") == .invalidArgument)
    #expect(errno("link") == .tooManySymbolicLinkLevels)
    #expect(errno("missing") == .noSuchFileOrDirectory)
    #expect(try scratch.run("cat file; test ! -e missing") == "0\n")
  }
}
