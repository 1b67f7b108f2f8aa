package dev.lifebound.memory.agent;

import java.lang.instrument.ClassFileTransformer;
import java.security.CodeSource;
import java.security.ProtectionDomain;
import org.jspecify.annotations.Nullable;

/**
 * Says when another class loader loads the library again. Its handles work by themselves, but this
 * copy's watch does not know their blocks, and its guard has the process.
 */
final class SecondCopies implements ClassFileTransformer {
  private static final String REGISTRY = "dev/lifebound/memory/handle/Registry";

  @Override
  @SuppressWarnings("ReferenceEquality") // the same loader, not an equal one
  public byte @Nullable [] transform(
      @Nullable ClassLoader loader,
      @Nullable String name,
      @Nullable Class<?> redefined,
      @Nullable ProtectionDomain domain,
      byte[] bytes) {
    if (REGISTRY.equals(name) && !SecondCopies.class.getClassLoader().equals(loader)) {
      CodeSource source = domain == null ? null : domain.getCodeSource();
      Console.print(
          "a second copy of the library is loaded: second="
              + (source == null ? "(unknown place)" : source.getLocation())
              + ", loader="
              + (loader == null || loader.getName() == null ? loader : loader.getName())
              + ", first="
              + SecondCopies.class.getProtectionDomain().getCodeSource().getLocation()
              + "; the watch does not know blocks that the second adopts: put the library on the"
              + " class path once");
    }
    return null;
  }
}
