#include "core/aws/aws.h"

#include <stdio.h>
#include <string.h>

char *aws_arn(const char *partition, const char *service, const char *region, const char *account,
	      const char *resource)
{
	return str_printf("arn:%s:%s:%s:%s:%s", partition, service, region ? region : "",
			  account ? account : "", resource);
}

/* Days since 1970-01-01 and back, for the proleptic Gregorian calendar; years start in March so
 * that the leap day is the last one. */
static int64_t days_from_date(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t of_era_days = z - era * 146097;
	int64_t of_era =
		(of_era_days - of_era_days / 1460 + of_era_days / 36524 - of_era_days / 146096) /
		365;
	int64_t of_year = of_era_days - (365 * of_era + of_era / 4 - of_era / 100);
	int64_t shifted = (5 * of_year + 2) / 153;

	*day = (unsigned)(of_year - (153 * shifted + 2) / 5 + 1);
	*month = (unsigned)(shifted < 10 ? shifted + 3 : shifted - 9);
	*year = of_era + era * 400 + (*month <= 2);
}

char *aws_time_iso(int64_t ms)
{
	int64_t seconds = ms / 1000, rest = ms % 1000, days, year;
	unsigned month, day, of_day;

	if (rest < 0) {
		rest += 1000;
		seconds--;
	}
	days = seconds / 86400;
	if (seconds % 86400 < 0)
		days--;
	of_day = (unsigned)(seconds - days * 86400);
	date_from_days(days, &year, &month, &day);
	return str_printf("%04lld-%02u-%02uT%02u:%02u:%02u.%03uZ", (long long)year, month, day,
			  of_day / 3600, of_day / 60 % 60, of_day % 60, (unsigned)rest);
}

/* Reads exactly `count` digits at *s, then the byte `after` (0: none). */
static int digits(const char **s, unsigned count, char after, unsigned *ret)
{
	unsigned value = 0;

	while (count--) {
		if (**s < '0' || **s > '9')
			return -1;
		value = value * 10 + (unsigned)(*(*s)++ - '0');
	}
	if (after && *(*s)++ != after)
		return -1;
	*ret = value;
	return 0;
}

static bool date_exists(unsigned year, unsigned month, unsigned day)
{
	static const unsigned char length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100) || year % 400 == 0;

	return month >= 1 && month <= 12 && day >= 1 &&
	       day <= length[month - 1] + (unsigned)(leap && month == 2);
}

/* "Z", "+hh:mm" or "-hh:mm" up to the end: minutes to subtract in *ret. */
static int offset_parse(const char *s, int *ret)
{
	unsigned hours, minutes;
	int sign = *s == '-' ? -1 : 1;

	if (!strcmp(s, "Z")) {
		*ret = 0;
		return 0;
	}
	if (*s != '+' && *s != '-')
		return -1;
	s++;
	if (digits(&s, 2, ':', &hours) < 0 || digits(&s, 2, 0, &minutes) < 0 || *s || hours > 14 ||
	    minutes > 59)
		return -1;
	*ret = sign * (int)(hours * 60 + minutes);
	return 0;
}

int64_t aws_time_parse(const char *s)
{
	unsigned year, month, day, hour, minute, second, ms = 0, scale = 100;
	int offset;
	int64_t result;

	if (!s || digits(&s, 4, '-', &year) < 0 || digits(&s, 2, '-', &month) < 0 ||
	    digits(&s, 2, 'T', &day) < 0 || digits(&s, 2, ':', &hour) < 0 ||
	    digits(&s, 2, ':', &minute) < 0 || digits(&s, 2, 0, &second) < 0)
		return -1;
	if (!date_exists(year, month, day) || hour > 23 || minute > 59 || second > 59)
		return -1;
	if (*s == '.') {
		if (s[1] < '0' || s[1] > '9')
			return -1;
		for (s++; *s >= '0' && *s <= '9'; s++, scale /= 10)
			ms += (unsigned)(*s - '0') * scale;
	}
	if (offset_parse(s, &offset) < 0)
		return -1;
	result = (days_from_date(year, month, day) * 86400 + hour * 3600 + minute * 60 + second -
		  (int64_t)offset * 60) *
			 1000 +
		 ms;
	return result < 0 ? -1 : result;
}
