import ImageInspector
import Testing
