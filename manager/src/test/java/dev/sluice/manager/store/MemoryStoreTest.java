package dev.sluice.manager.store;

class MemoryStoreTest extends StoreContractTest {
    @Override
    Store open() {
        return new MemoryStore();
    }
}
