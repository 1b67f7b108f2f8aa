package testdata;

import java.util.HashMap;
import java.util.Map;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksIterator;

/** Known by name only, so one step milder. */
class TableHazards {
  private final Map<String, ColumnFamilyHandle> families = new HashMap<>();
  private final Map<String, RocksIterator> iterators = new HashMap<>();

  void drop(String name) {
    families.get(name).close(); // want "LBJ003 yellow: ColumnFamilyHandle.close frees families.get.name."
  }

  void stop(String name) {
    RocksIterator iterator = iterators.get(name);
    if (iterator != null) {
      iterator.close(); // want "LBJ003 yellow: RocksIterator.close frees iterator"
    }
  }
}
