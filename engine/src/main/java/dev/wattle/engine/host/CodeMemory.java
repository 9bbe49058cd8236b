package dev.wattle.engine.host;
import java.lang.foreign.*;
import java.lang.invoke.MethodHandle;
public final class CodeMemory implements AutoCloseable {
  long w, x, size;
  public static CodeMemory allocate(long size) throws CodeMemoryException {
    try {
      Linker l = Linker.nativeLinker(); SymbolLookup s = l.defaultLookup();
      var L = ValueLayout.JAVA_LONG; var I = ValueLayout.JAVA_INT; var A = ValueLayout.ADDRESS;
      MethodHandle mc = l.downcallHandle(s.find("memfd_create").get(), FunctionDescriptor.of(I, A, I));
      MethodHandle ft = l.downcallHandle(s.find("ftruncate").get(), FunctionDescriptor.of(I, I, L));
      MethodHandle mm = l.downcallHandle(s.find("mmap").get(), FunctionDescriptor.of(L, L, L, I, I, I, L));
      CodeMemory c = new CodeMemory(); c.size = size;
      try (Arena a = Arena.ofConfined()) {
        int fd = (int) mc.invoke(a.allocateFrom("x"), 0);
        int r = (int) ft.invoke(fd, size);
        c.w = (long) mm.invoke(0L, size, 3, 1, fd, 0L);
        c.x = (long) mm.invoke(0L, size, 5, 1, fd, 0L);
      }
      return c;
    } catch (Throwable t) { throw new CodeMemoryException(t.toString()); }
  }
  public long writeAddress() { return w; }
  public long executeAddress() { return x; }
  public long size() { return size; }
  public void close() {}
}
