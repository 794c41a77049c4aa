package dev.sluice.southbound.pki;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A private key and the certificates that go with it, as one file in PEM (RFC 7468): there as a whole or as it was before, whenever the machine stops, and readable by its owner only. Stateless.
 */
public final class SecretFile {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z ]{1,40})-----([A-Za-z0-9+/=\\s]{1,10000})-----END \\1-----");
    private static final Pattern NOTE = Pattern.compile("\\A# ([^\\n]{0,200})\\n");
    private static final String KEY = "PRIVATE KEY";
    private static final String CERTIFICATE = "CERTIFICATE";
    private static final long FILE_BYTES_MAX = 64 << 10;
    private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, new byte[] {'\n'});

    private SecretFile() {}

    /**
     * What a file holds.
     *
     * @param note a line for people and programs, without secrets
     * @param key belongs to the first certificate
     */
    public record Content(String note, PrivateKey key, List<X509Certificate> certificates) {
        /** Copies the list. */
        public Content {
            certificates = List.copyOf(certificates);
        }

        /** The key with its other half. */
        public KeyPair pair() {
            return new KeyPair(certificates.getFirst().getPublicKey(), key);
        }
    }

    /**
     * Reads a file.
     *
     * @throws IOException if there is none, others can read it, or it does not hold a key and its certificate; says what to do
     */
    public static Content read(Path file) throws IOException {
        if (Files.size(file) > FILE_BYTES_MAX) {
            throw new IOException(file + " is too long for a key and certificates");
        }
        if (Files.getPosixFilePermissions(file).stream()
                .anyMatch(each -> !each.name().startsWith("OWNER"))) {
            throw new IOException(file + " can be used by others than its owner, so its key may be known: chmod 600 "
                    + file + " if you are sure that it is not");
        }
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        Matcher note = NOTE.matcher(text);
        PrivateKey key = null;
        List<X509Certificate> certificates = new ArrayList<>();
        try {
            Matcher block = BLOCK.matcher(text);
            while (block.find()) {
                byte[] der = Base64.getMimeDecoder().decode(block.group(2));
                if (block.group(1).equals(KEY)) {
                    key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
                } else if (block.group(1).equals(CERTIFICATE)) {
                    certificates.add(Certificates.certificate(der));
                }
            }
            if (key == null || certificates.isEmpty() || !belong(key, certificates.getFirst())) {
                throw new IOException(file + " is damaged: it does not hold a key and its certificate");
            }
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(file + " is damaged: " + e.getMessage(), e);
        }
        return new Content(note.find() ? note.group(1) : "", key, certificates);
    }

    private static boolean belong(PrivateKey key, X509Certificate certificate) throws GeneralSecurityException {
        byte[] text = "sluice".getBytes(StandardCharsets.US_ASCII);
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(key);
        signature.update(text);
        byte[] signed = signature.sign();
        // Not the certificate itself: that of an authority is for signing certificates only, and the JDK would say so.
        signature.initVerify(certificate.getPublicKey());
        signature.update(text);
        return signature.verify(signed);
    }

    /** Replaces a file, or makes it and its directory. */
    public static void write(Path file, Content content) throws IOException {
        StringBuilder text = new StringBuilder("# " + content.note() + "\n");
        append(text, KEY, content.key().getEncoded());
        for (X509Certificate certificate : content.certificates()) {
            try {
                append(text, CERTIFICATE, certificate.getEncoded());
            } catch (CertificateException e) {
                throw new IOException(e);
            }
        }
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            throw new IOException(file + " is not the name of a file");
        }
        if (!Files.isDirectory(directory)) {
            if (directory.getParent() != null) {
                Files.createDirectories(directory.getParent());
            }
            Files.createDirectory(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        Path part = directory.resolve(file.getFileName() + ".part");
        Files.deleteIfExists(part);
        try (FileChannel channel = FileChannel.open(
                part,
                EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            ByteBuffer bytes = StandardCharsets.US_ASCII.encode(text.toString());
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
            names.force(true);
        }
    }

    private static void append(StringBuilder text, String what, byte[] der) {
        text.append("-----BEGIN ").append(what).append("-----\n");
        text.append(LINES.encodeToString(der)).append('\n');
        text.append("-----END ").append(what).append("-----\n");
    }
}
