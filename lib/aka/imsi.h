/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IMSI and IMPI (TS 23.003 sections 2.2 and 13.3).
 *
 * Inside muster an IMSI is a code of 50 bits, one to one with IMSIs of 6 to 15 digits: with v
 * the digits read as a number, 15 digits have code v, 14 digits 10^15 + v, 13 digits 10^15 +
 * 10^14 + v and so on. Codes of IMSIs of equal length are ordered as the IMSIs are.
 *
 * The IMPI of a SIM without ISIM, an input of every key derivation, is
 * IMSI "@ims.mnc" MNC ".mcc" MCC ".3gppnetwork.org" with the MNC padded to 3 digits. The IMSI
 * does not tell the length of its MNC; the subscriber's profile does. Only this exact form,
 * in lower case, is an IMPI here: derived keys hang on its octets.
 *
 *	uint64_t imsi;
 *	char impi[MST_IMPI_SIZE_MAX];
 *	int err = mst_imsi_encode("001010000000001", 15, &imsi);
 *	size_t size = mst_impi_build(imsi, 2, impi);
 *
 * Context: any thread, data path; never allocates.
 */
#ifndef MST_AKA_IMSI_H
#define MST_AKA_IMSI_H

#include <stddef.h>
#include <stdint.h>

#define MST_IMSI_DIGITS_MIN 6
#define MST_IMSI_DIGITS_MAX 15
#define MST_IMSI_BITS       50
/** Codes are below this: 10^15 + 10^14 + ... + 10^6. */
#define MST_IMSI_CODE_END 1111111111000000u

/** Octets of the longest IMPI, without a terminator. */
#define MST_IMPI_SIZE_MAX 49
/** Octets of an IMPI behind its IMSI. */
#define MST_IMPI_REALM_SIZE 34

/**
 * The code of an IMSI given as `size` digits.
 * Returns 0 or -MST_E_IDENTITY (size outside 6..15, or a character is no digit).
 */
int mst_imsi_encode(const char *digits, size_t size, uint64_t *code);
/** Writes the digits of a valid code, without a terminator. Returns their number, 6..15. */
size_t mst_imsi_decode(uint64_t code, char digits[MST_IMSI_DIGITS_MAX]);

/**
 * Writes the IMPI of a valid code without a terminator; mnc_size is the MNC's number of digits, 2
 * or 3. Returns the IMPI's size, 40..MST_IMPI_SIZE_MAX.
 */
size_t mst_impi_build(uint64_t code, unsigned mnc_size, char impi[MST_IMPI_SIZE_MAX]);

/** Lengths of the MNC with which a parsed IMPI agrees. */
#define MST_IMPI_MNC_2 (1u << 2)
#define MST_IMPI_MNC_3 (1u << 3)

/**
 * Reads an IMPI: form, digits, and that its MCC and MNC are those of the IMSI. *mnc_sizes gets
 * bit 2, bit 3 or (an MNC of zeros) both: mst_impi_build(*code, m, ...) yields the same text for
 * each m whose bit is set. Returns 0 or -MST_E_IDENTITY.
 */
int mst_impi_parse(const char *impi, size_t size, uint64_t *code, unsigned *mnc_sizes);

#endif
