/**
 * The part of etcd's protocol that a store on etcd speaks, generated from {@code src/main/protobuf/etcd}.
 *
 * <p>Place: below {@link dev.sluice.manager.store.EtcdStore}, used by nobody else. Threads: messages are immutable. Specification: the comments of {@code etcd.proto}; ADR 34. Start
 * reading there.
 */
@NullMarked
package dev.sluice.manager.store.rpc;

import org.jspecify.annotations.NullMarked;
