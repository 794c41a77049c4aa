/**
 * Keeping values under keys, with a history of revisions.
 *
 * <p>Purpose: what the manager acknowledges is on disk, whole, and can be watched from any revision that is still kept. Place: below
 * {@code objects}; knows nothing of objects. Threads: a store is for any number of threads; {@link dev.sluice.manager.store.SqliteStore} has
 * one writer thread of its own. Specification: {@code docs/adr/0015-store-as-a-revision-log.md}. Start reading at
 * {@link dev.sluice.manager.store.Store}; {@code StoreContractTest} says what every implementation does.
 */
@NullMarked
package dev.sluice.manager.store;

import org.jspecify.annotations.NullMarked;
