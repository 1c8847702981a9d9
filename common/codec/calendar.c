#include "calendar.h"

#define EPOCH_WEEKDAY 3 /* 1 January 1970 was a Thursday, Monday being 0 */

/* The calendar counted from March, so that the leap day is the last of its year. */
int64_t calendar_day_number(int year, int month, int day) {
    int64_t y = year - (month <= 2), era = calendar_floor(y, 400), of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void calendar_civil(int64_t day_number, int *year, int *month, int *day) {
    int64_t z = day_number + 719468, era = calendar_floor(z, 146097), of_era = z - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100), shifted = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)(y + era * 400 + (*month <= 2));
}

int calendar_weekday(int64_t day_number) {
    int64_t n = day_number + EPOCH_WEEKDAY;
    return (int)(n - calendar_floor(n, 7) * 7) + 1;
}
